package main

import "context"

// all lists the benches in the order of the table. Each returns a bench that is ready to run, or
// notRun. A bench that is apart runs only if -run names it.
var all = []struct {
	name  string
	make  func(context.Context, settings) (*bench, error)
	apart bool
}{
	{"durable", durable, false},
	{"single", single, false},
	{"proxy", proxying, false},
	{"kill", kill, false},
	{"batch", batch, false},
	{"commits", commits, false},
	{"python", python, false},
	{"nulls", nulls, false},
	{"scrape", scraping, false},
	{"decisions", deciding, false},
	{"page", people, false},
	{"start", coldStart, false},
	{"memory", memory, false},
	{"growth", growth, false},
	{"reading", reading, false},
	{"files", files, false},
	{"outcomes", outcomes, true},
	{"peers", peers, true},
}
