package drift

import (
	"crypto/sha256"
	"encoding/binary"
)

// fingerprint identifies a reference: a hash of the key that names it and of its
// counts.
func fingerprint(key string, reference []int64) uint64 {
	material := binary.LittleEndian.AppendUint64(nil, uint64(len(key)))
	material = append(material, key...)
	for _, r := range reference {
		material = binary.LittleEndian.AppendUint64(material, uint64(r))
	}
	sum := sha256.Sum256(material)
	return binary.LittleEndian.Uint64(sum[:])
}

// seed starts the generator of the null of one reference at one size, so that
// every process draws the same null.
func seed(fingerprint uint64, n int64) uint64 {
	material := binary.LittleEndian.AppendUint64(nil, fingerprint)
	sum := sha256.Sum256(binary.LittleEndian.AppendUint64(material, uint64(n)))
	return binary.LittleEndian.Uint64(sum[:])
}
