package process

import (
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// Machine describes the machine of the measurements, and the time.
func Machine() string {
	processor := "unknown processor"
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if m := regexp.MustCompile(`model name\s*: (.*)`).FindSubmatch(info); m != nil {
			processor = string(m[1])
		}
	}
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease") // empty when it is not Linux
	return fmt.Sprintf("%s UTC; %d x %s; Linux %s; %s", time.Now().UTC().Format("2006-01-02 15:04"),
		runtime.NumCPU(), processor, strings.TrimSpace(string(kernel)), runtime.Version())
}

// Load returns the load average of the last minute. Other work on the machine makes every number
// worse, most of all the durable ones.
func Load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	load, _, _ := strings.Cut(string(text), " ")
	return load
}
