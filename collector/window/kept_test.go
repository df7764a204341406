package window

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/window/codes"
)

// keeper is a window that keeps codes in a folder, and is started again and again.
type keeper struct {
	folder *codes.Folder
	window *Window
}

func (k *keeper) start(t *testing.T, log *writer, ref *reference.Reference, o Options, dir string) {
	t.Helper()
	var err error
	if k.folder, err = codes.Open(dir, nil); err != nil {
		t.Fatal(err)
	}
	o.Codes = k.folder
	k.window = log.open(ref, o)
}

func (k *keeper) stop() (found int64) {
	k.window.Close()
	k.folder.Close()
	return k.folder.Found()
}

// TestAStartWithCodesSaysWhatOneWithoutSays has rows of several versions come, go and be
// changed, files damaged, and references and look-backs exchanged, between one start of
// an exporter that keeps codes and the next.
func TestAStartWithCodesSaysWhatOneWithoutSays(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			rnd := rand.New(rand.NewPCG(seed, 11))
			log, refs, dir := newLog(t), []*reference.Reference{normal(t), normalWith(t, func(r row) string { return fmt.Sprint(int(r.income) % 2) })}, t.TempDir()
			log.exec(`DROP TRIGGER predictions_update`) // by which the log refuses changes
			o := defaults()
			o.Predictions, o.Lookback = 300, 1500
			o.FalseAlarmsPerMonth, o.Tolerance = float64(seed), .02
			ref, clock, found, kept := refs[0], start, int64(0), keeper{}
			for round := range 14 {
				kept.start(t, log, ref, o, dir)
				got := ""
				for range 3 {
					batch := traffic(rnd, clock, 1+rnd.IntN(250))
					clock = batch[len(batch)-1].time
					for i := range batch {
						switch b := &batch[i]; rnd.IntN(20) {
						case 0:
							b.features = `{"income":null,"state":"NY"}`
						case 1:
							b.features = `{"state":"Mars","income":[]}`
						case 2:
							b.features = `{"income"`
						case 3:
							b.version = fmt.Sprint(1 + round/10)
						}
					}
					log.predict(batch...)
					got = describe(see(t, kept.window, clock))
				}
				if want := describe(see(t, log.open(ref, o), clock)); got != want {
					t.Fatalf("round %d: who keeps codes says\n%s", round, differing(got, want))
				}
				found += kept.stop()
				switch rnd.IntN(8) {
				case 0:
					log.exec(`UPDATE predictions SET features = '{"income":1,"state":"TX"}' WHERE id = (SELECT max(id) FROM predictions) - ?`, rnd.IntN(900))
				case 1:
					log.exec(`UPDATE totals_up_to SET up_to_id = (SELECT max(id) FROM predictions) WHERE log = 'predictions'`)
					log.exec(`DELETE FROM predictions WHERE id = (SELECT max(id) FROM predictions) - ?`, 1+rnd.IntN(900))
				case 2:
					damage(t, rnd, dir)
				case 3:
					ref = refs[rnd.IntN(2)]
				case 4:
					o.Lookback = 1500 + 500*rnd.Int64N(2)
				}
			}
			if found < 500 {
				t.Errorf("only %d rows were found", found)
			}
		})
	}
}

// damage flips a bit of every file of codes.
func damage(t *testing.T, rnd *rand.Rand, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.codes"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		data[rnd.IntN(len(data))] ^= 1 << rnd.IntN(8)
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestALogThatIsReplacedFindsNoCodes starts a window on another log of the same name.
func TestALogThatIsReplacedFindsNoCodes(t *testing.T) {
	t.Parallel()
	log, ref, dir, rnd := newLog(t), normal(t), t.TempDir(), rand.New(rand.NewPCG(1, 12))
	o, kept := defaults(), keeper{}
	kept.start(t, log, ref, o, dir)
	log.predict(traffic(rnd, start, 1000)...)
	see(t, kept.window, start.Add(time.Hour))
	kept.stop()
	if err := log.db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, side := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(log.path + side); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	log.create()
	log.predict(traffic(rnd, start, 1000)...)
	kept.start(t, log, ref, o, dir)
	want := describe(see(t, log.open(ref, o), start.Add(time.Hour)))
	if got := describe(see(t, kept.window, start.Add(time.Hour))); got != want {
		t.Error(differing(got, want))
	}
	if found := kept.stop(); found > 0 {
		t.Errorf("%d rows of another log were found", found)
	}
}
