package kafka

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
)

// lookEvery is the time between two checks of the partitions and their ends.
var lookEvery = 5 * time.Second

// answerTime is how long the brokers may take to answer.
const answerTime = 30 * time.Second

// cursor is the position in a partition.
type cursor struct {
	// TopicID distinguishes a topic from a later one with the same name.
	TopicID string `json:"topic_id"`
	// Offset is the offset of the next record.
	Offset int64 `json:"offset"`
}

// reader is a topic that is being read.
type reader struct {
	*source
	client  *kgo.Client
	admin   *kadm.Client
	sink    *outcomes.Sink
	cursors map[int32]cursor // of the log
	next    map[int32]int64  // offsets, of the partitions that are being read
	topicID string
}

// Run implements outcomes.Source.
func (s *source) Run(ctx context.Context, sink *outcomes.Sink) error {
	options, err := s.options()
	if err != nil {
		return err
	}
	r := &reader{source: s, sink: sink, cursors: map[int32]cursor{}, next: map[int32]int64{}}
	texts, err := sink.Cursors(ctx)
	if err != nil {
		return err
	}
	for part, text := range texts {
		number, err := strconv.ParseInt(part, 10, 32)
		var c cursor
		if err := errors.Join(err, json.Unmarshal([]byte(text), &c)); err != nil {
			return fmt.Errorf("read the cursor %s: %w", part, err)
		}
		r.cursors[int32(number)] = c
	}
	r.client, err = kgo.NewClient(append(options,
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{}),
		kgo.ConsumeResetOffset(kgo.NoResetOffset()),  // what is gone is said, not passed over
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), // no record of a transaction that is undone
		kgo.KeepControlRecords(), kgo.FetchMaxWait(time.Second), kgo.RetryTimeout(answerTime),
	)...)
	if err != nil {
		return fmt.Errorf("connect to Kafka: %w", err)
	}
	defer r.client.Close()
	r.admin = kadm.NewClient(r.client)
	for looked := (time.Time{}); ctx.Err() == nil; {
		if time.Since(looked) >= lookEvery {
			looked = time.Now()
			done, err := r.look(ctx)
			if done || err != nil {
				return ended(ctx, err)
			}
		}
		if err := r.poll(ctx); err != nil {
			return ended(ctx, err)
		}
	}
	return nil
}

// ended returns nil if ctx has ended, and err otherwise.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// look finds the partitions, starts to read new ones, and reports how far they have been read.
func (r *reader) look(ctx context.Context) (done bool, err error) {
	at := time.Now()
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	topics, err := r.admin.ListTopics(ctx, r.topic)
	if err != nil {
		return false, fmt.Errorf("ask Kafka for the topic: %w", err)
	}
	topic, found := topics[r.topic]
	switch {
	case !found || errors.Is(topic.Err, kerr.UnknownTopicOrPartition):
		return false, fmt.Errorf("there is no topic %q in Kafka; make it, or correct kafka.topic", r.topic)
	case topic.Err != nil:
		return false, fmt.Errorf("ask Kafka for the topic: %w", topic.Err)
	}
	id := base64.RawURLEncoding.EncodeToString(topic.ID[:])
	if r.topicID != "" && r.topicID != id {
		return false, errors.New("the topic was deleted and made again; it is read from its beginning")
	}
	r.topicID = id
	ends, err := r.admin.ListCommittedOffsets(ctx, r.topic)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return false, fmt.Errorf("ask Kafka for the ends of the topic: %w", err)
	}
	if err := r.begin(ctx, topic.Partitions.Numbers(), ends); err != nil {
		return false, err
	}
	behind := int64(0)
	for partition, next := range r.next {
		if end, ok := ends.Lookup(r.topic, partition); ok {
			behind += max(0, end.Offset-next)
		}
	}
	r.sink.Behind(behind)
	if behind > 0 {
		return false, nil
	}
	return r.sink.Current(at)
}

// begin starts to read the partitions that are not read yet.
func (r *reader) begin(ctx context.Context, partitions []int32, ends kadm.ListedOffsets) error {
	from := map[int32]kgo.Offset{}
	var starts kadm.ListedOffsets
	for _, partition := range partitions {
		if _, reading := r.next[partition]; reading {
			continue
		}
		if starts == nil {
			var err error
			if starts, err = r.admin.ListStartOffsets(ctx, r.topic); err == nil {
				err = starts.Error()
			}
			if err != nil {
				return fmt.Errorf("ask Kafka for the beginning of the topic: %w", err)
			}
		}
		start, _ := starts.Lookup(r.topic, partition)
		end, _ := ends.Lookup(r.topic, partition)
		next := r.first(partition, start.Offset, end.Offset)
		r.next[partition], from[partition] = next, kgo.NewOffset().At(next)
	}
	if len(from) == 0 {
		return nil
	}
	// The starting position must also be known after a restart.
	b := outcomes.Batch{Cursors: map[string]string{}}
	for partition := range from {
		if err := r.cursorOf(partition, b.Cursors); err != nil {
			return err
		}
	}
	if err := r.sink.Put(ctx, b); err != nil {
		return err
	}
	for partition := range from {
		r.cursors[partition] = cursor{TopicID: r.topicID, Offset: r.next[partition]}
	}
	r.client.AddConsumePartitions(map[string]map[int32]kgo.Offset{r.topic: from})
	return nil
}

// cursorOf adds the cursor of a partition to the cursors of a batch.
func (r *reader) cursorOf(partition int32, cursors map[string]string) error {
	text, err := json.Marshal(cursor{TopicID: r.topicID, Offset: r.next[partition]})
	cursors[strconv.Itoa(int(partition))] = string(text)
	return err
}

// first returns the offset from which to read a partition that has the records from start to end.
func (r *reader) first(partition int32, start, end int64) int64 {
	c, known := r.cursors[partition]
	switch {
	case !known && r.latest && len(r.cursors) == 0:
		return end
	case !known:
		return start // one that was added since has nothing that is known
	case c.TopicID != r.topicID || c.Offset > end:
		r.sink.Logger.Warn("the topic was deleted and made again; it is read from its beginning", "topic", r.topic, "partition", partition)
		return start
	case c.Offset < start:
		r.sink.Logger.Error("records were deleted from the topic before they were read: keep them longer, or read sooner",
			"topic", r.topic, "partition", partition, "from_offset", c.Offset, "to_offset", start, "at_most", start-c.Offset)
		return start
	}
	return c.Offset
}

// poll takes the records that have arrived.
func (r *reader) poll(ctx context.Context) error {
	wait, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	fetches := r.client.PollRecords(wait, outcomes.BatchRecords)
	for _, e := range fetches.Errors() {
		switch {
		case errors.Is(e.Err, context.DeadlineExceeded), errors.Is(e.Err, context.Canceled):
		case errors.Is(e.Err, kerr.OffsetOutOfRange):
			return fmt.Errorf("the records from offset %d of partition %d on are no longer there; reading begins again where there are some", r.next[e.Partition], e.Partition)
		default:
			return fmt.Errorf("read partition %d: %w", e.Partition, e.Err)
		}
	}
	b := outcomes.Batch{Cursors: map[string]string{}}
	read := map[int32]bool{}
	fetches.EachRecord(func(record *kgo.Record) {
		r.next[record.Partition], read[record.Partition] = record.Offset+1, true
		// A record without a value says that its key was deleted. It is no outcome.
		if !record.Attrs.IsControl() && record.Value != nil {
			b.Records = append(b.Records, outcomes.ParseJSON(record.Value))
		}
	})
	if len(read) == 0 {
		return nil
	}
	for partition := range read {
		if err := r.cursorOf(partition, b.Cursors); err != nil {
			return err
		}
	}
	return r.sink.Put(ctx, b)
}
