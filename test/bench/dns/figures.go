package main

import (
	"slices"
	"time"
)

// median is the middle of the values, 0 of none.
func median(values []float64) float64 { return quantile(values, 0.5) }

// quantile is the smallest value that at least that share of the values does not exceed, 0 of none; the median of an even
// number is between the two in the middle.
func quantile(values []float64, share float64) float64 {
	if len(values) == 0 {
		return 0
	}
	ordered := slices.Sorted(slices.Values(values))
	at := share * float64(len(ordered))
	i := int(at)
	switch {
	case i >= len(ordered):
		return ordered[len(ordered)-1]
	case float64(i) == at && i > 0 && share == 0.5:
		return (ordered[i-1] + ordered[i]) / 2
	case float64(i) == at && i > 0:
		return ordered[i-1]
	}
	return ordered[i]
}

// ratios are those of two series, value by value: what slows one round down slows both.
func ratios(of, to []float64) []float64 {
	var all []float64
	for i := range min(len(of), len(to)) {
		if to[i] > 0 {
			all = append(all, of[i]/to[i])
		}
	}
	return all
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
