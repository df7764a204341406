package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"

	"github.com/drift-exporter/drift_exporter/collector/reference"
)

// wide returns the reference of a made-up model with this many numeric features, and the features
// of its rows.
func wide(features int) (*reference.Reference, []body, error) {
	const rows, bodies = 2000, 500
	random := rand.New(rand.NewPCG(3, 4)) // #nosec G404 -- repeatable, no secret
	columns := make([]reference.Column, features)
	objects := make([]body, bodies)
	for f := range columns {
		c := reference.Column{Name: fmt.Sprintf("feature_%04d", f), Type: reference.Numeric, Numbers: make([]float64, rows)}
		for i := range c.Numbers {
			c.Numbers[i] = math.Round(1e5*random.NormFloat64()) / 1000
		}
		for i := range objects {
			before := byte(',')
			if f == 0 {
				before = '{'
			}
			o := &objects[i]
			o.features = strconv.AppendFloat(fmt.Appendf(append(o.features, before), "%q:", c.Name), c.Numbers[i], 'f', -1, 64)
		}
		columns[f] = c
	}
	for i := range objects {
		objects[i].features = append(objects[i].features, '}')
		objects[i].score, objects[i].class = random.Float64(), strconv.Itoa(i%2)
	}
	r, err := reference.Build(columns, nil, reference.BuildOptions{Model: loanModel})
	return r, objects, err
}
