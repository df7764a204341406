package main

import "context"

// all are the benches, in the order of the table. Each returns how it measures,
// ready to begin, or notRun. Those that are apart run only when -run names them.
var all = []struct {
	name  string
	make  func(context.Context, settings) (*bench, error)
	apart bool
}{
	{"durable", durable, false},
	{"single", single, false},
	{"kill", kill, false},
	{"batch", batch, false},
	{"commits", commits, false},
	{"python", python, false},
	{"nulls", nulls, false},
	{"scrape", scraping, false},
	{"start", coldStart, false},
	{"memory", memory, false},
	{"growth", growth, false},
	{"reading", reading, false},
	{"files", files, false},
	{"peers", peers, true},
}
