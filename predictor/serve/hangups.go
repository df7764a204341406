package serve

import (
	"context"
	"os"
)

// OnHangup calls reload at each value of hangup, until ctx ends or hangup is closed. A nil hangup
// never has a value.
func OnHangup(ctx context.Context, hangup <-chan os.Signal, reload func()) {
	for {
		select {
		case <-ctx.Done():
			return
		case _, open := <-hangup:
			if !open {
				return
			}
			reload()
		}
	}
}
