package simulate

// Feature describes one of the generator's features.
type Feature struct {
	Name  string
	Unit  string
	About string
	Step  float64 // values are multiples of it
	Low   float64 // 99.9 % of the values lie between Low and High
	High  float64
	Mean  float64
	SD    float64
}

// Outcome is the name of the generator's outcome column.
const Outcome = "approved"

// Features describes the 12 features of a Loan, in the order of its values. Low, High, Mean and
// SD were measured on ten million loans. A test compares them with the generator.
var Features = [12]Feature{
	{"interest_rate", "percent a year", "rate of the running loan", 0.001, 2.673, 6.071, 4.29773, 0.532813},
	{"loan_amount", "dollars", "sum that was lent", 100, 69700, 1259000, 329787, 156223},
	{"loan_balance", "dollars", "what is still owed, by amortisation", 100, 56100, 1177600, 300297, 146349},
	{"loan_to_value_ratio", "ratio", "loan_balance over home_value", 0.001, 0.225, 1.03, 0.687926, 0.134078},
	{"credit_score", "points", "credit score, at most 850", 1, 542, 844, 719.969, 66.6474},
	{"debt_to_income_ratio", "ratio", "all monthly debt payments over monthly income", 0.001, 0.139, 0.628, 0.350664, 0.0905746},
	{"income", "dollars a year", "household income before tax", 100, 23800, 354500, 101497, 46921.1},
	{"loan_term", "years", "15, 20 or 30", 1, 15, 30, 25.5029, 6.30361},
	{"loan_age", "months", "since the loan was paid out", 1, 6, 120, 39.5471, 28.0326},
	{"home_value", "dollars", "what the home is worth today", 100, 92300, 1745400, 444593, 214512},
	{"current_rate", "percent a year", "rate that the applicant would get today", 0.001, 2.437, 4.652, 3.61259, 0.355779},
	{"rate_spread", "percentage points", "interest_rate less current_rate", 0.001, -0.658, 2.299, 0.685133, 0.471707},
}

// Names returns the names of Features.
func Names() []string {
	names := make([]string, len(Features))
	for i, f := range Features {
		names[i] = f.Name
	}
	return names
}
