package simulate

// Bodies returns the first n loans of a seed as JSON objects for /predict of the embedded model,
// with the features in the model's order.
func Bodies(seed uint64, n int) ([][]byte, error) {
	features := make([]wanted, 0, len(Features))
	for _, name := range Names() {
		features = append(features, wanted{name: name})
	}
	s, err := newLoans(seed, nil, features)
	if err != nil {
		return nil, err
	}
	bodies := make([][]byte, n)
	for i := range bodies {
		if bodies[i], _, err = s.next(nil); err != nil {
			return nil, err
		}
	}
	return bodies, nil
}
