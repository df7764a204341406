package strictyaml

import (
	"fmt"
	"time"

	"github.com/prometheus/common/model"
)

// ParseDuration reads a duration that is not negative: with days, as Prometheus
// writes them (90d, 1h30m), or with fractions, as Go does (0.5s).
func ParseDuration(text string) (time.Duration, error) {
	if d, err := model.ParseDuration(text); err == nil {
		return time.Duration(d), nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is not a duration such as 90d, 1h30m or 0.5s", text)
	}
	return d, nil
}
