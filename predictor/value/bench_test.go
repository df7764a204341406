package value

import "testing"

func BenchmarkCategory(b *testing.B) {
	for _, text := range []string{"employed", "360", "true", "30.0", "2.5"} {
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Category(text)
			}
		})
	}
}

func BenchmarkLiteral(b *testing.B) {
	for _, text := range []string{"3.5,", "300000,\"c\":", "0.8333333333333334,"} {
		raw := []byte(text)
		b.Run(text, func(b *testing.B) {
			for b.Loop() {
				Literal(raw, 0)
			}
		})
	}
}

func BenchmarkNumber(b *testing.B) {
	for _, text := range []string{"300000", "1,234.56", "NA"} {
		b.Run(text, func(b *testing.B) {
			for b.Loop() {
				Number(text)
			}
		})
	}
}
