# Prints the output of go test -bench as a table: one section for each package,
# one line for each benchmark, times in units that a person reads.

function duration(ns) {
	if (ns < 1e3) return sprintf("%.1f ns", ns)
	if (ns < 1e6) return sprintf("%.1f us", ns / 1e3)
	if (ns < 1e9) return sprintf("%.1f ms", ns / 1e6)
	return sprintf("%.2f s", ns / 1e9)
}

function memory(bytes) {
	if (bytes < 1e4) return bytes " B"
	if (bytes < 1e7) return sprintf("%.1f kB", bytes / 1e3)
	return sprintf("%.1f MB", bytes / 1e6)
}

/^(goos|goarch|cpu):/ && !seen[$0]++ { print }

/^pkg:/ { package = $2 }

/^Benchmark/ && NF >= 4 {
	if (package != "") {
		printf "\n%s\n", package
		printf "  %-56s %12s %12s %10s  %s\n", "", "time/op", "memory/op", "allocs/op", "more"
		package = ""
	}
	time = bytes = allocations = more = ""
	for (i = 3; i < NF; i += 2) {
		if ($(i + 1) == "ns/op") time = duration($i)
		else if ($(i + 1) == "B/op") bytes = memory($i)
		else if ($(i + 1) == "allocs/op") allocations = $i
		else more = more " " $i " " $(i + 1)
	}
	sub(/^Benchmark/, "", $1)
	printf "  %-56s %12s %12s %10s %s\n", $1, time, bytes, allocations, more
	n++
}

END { if (n == 0) { print "no benchmark ran"; exit 1 } }
