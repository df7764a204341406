package progress

import (
	"bytes"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func TestALineIsWrittenEveryTenSecondsOffTerminals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		stop := Show(&out, func(passed time.Duration) string { return fmt.Sprint("some done after ", passed) })
		time.Sleep(25 * time.Second)
		stop()
		if got := out.String(); got != "some done after 10s\nsome done after 20s\n" {
			t.Errorf("got %q", got)
		}
	})
}

func TestNothingIsWrittenOfAShortCommand(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	Show(&out, func(time.Duration) string { return "done" })()
	if out.Len() > 0 {
		t.Errorf("got %q", &out)
	}
	Show(nil, nil)()
}
