package drift

// urgency orders the requests of [Nulls]. A null requested again, more
// urgently, is in the queue twice.
type urgency int

const (
	waitedFor urgency = iota
	fullWindow
	onGrid
	never
)

type request struct {
	*build
	urgency
}

// queue is a heap of requests, most urgent first, then by size.
type queue []request

func (q queue) Len() int      { return len(q) }
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

func (q queue) Less(i, j int) bool {
	if q[i].urgency != q[j].urgency {
		return q[i].urgency < q[j].urgency
	}
	return q[i].size < q[j].size
}

// Push is for container/heap.
func (q *queue) Push(x any) { *q = append(*q, x.(request)) }

// Pop is for container/heap.
func (q *queue) Pop() any {
	last := len(*q) - 1
	x := (*q)[last]
	(*q)[last] = request{}
	*q = (*q)[:last]
	return x
}
