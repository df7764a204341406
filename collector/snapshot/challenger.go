package snapshot

// Challengers compare shadows of a served version with it, in the order of their versions.
type Challengers []Challenger

// Challenger compares a shadow, the challenger, with the served version on the same matured
// predictions with an outcome.
type Challenger struct {
	// Version is the challenger's.
	Version string
	// Labels is the number of predictions since the anchor, Wins of those in which the challenger
	// alone was right, or had the smaller error, Losses of the reverse.
	Labels, Wins, Losses int64
	// Difference is the challenger's accuracy less the served version's; for a regression, the mean
	// difference of the absolute errors, each limited to the 99 % quantile of the reference's
	// errors. Lower and Upper enclose it at all times together with a probability of
	// 1 - risk.ContestLevel. They mean nothing without Labels.
	Difference, Lower, Upper float64
	// Better and Worse are the evidence, in nats, that the challenger is better, and that it is
	// worse.
	Better, Worse float64
}
