package main

import "context"

// all are the benches, in the order of the table. Each returns how it measures,
// ready to begin, or notRun.
var all = []struct {
	name string
	make func(context.Context, settings) (*bench, error)
}{
	{"durable", durable},
	{"single", single},
	{"kill", kill},
	{"batch", batch},
	{"commits", commits},
	{"python", python},
	{"nulls", nulls},
	{"scrape", scraping},
	{"start", coldStart},
	{"memory", memory},
	{"growth", growth},
	{"reading", reading},
}
