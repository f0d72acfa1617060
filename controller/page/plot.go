package page

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// The plot's size and margins, in units of its own.
const (
	plotWidth, plotHeight = 480, 170
	plotLeft, plotRight   = 52, 8
	plotTop, plotBottom   = 8, 22
)

// The times between which propagation is drawn, on a logarithmic scale.
const (
	fastest = time.Millisecond
	slowest = 100 * time.Second
)

// plot draws how long propagation took over the last minutes.
type plot struct {
	Width, Height int
	Left, Right   int
	Marks         []mark // of the times
	Minutes       []mark
	Points        []point
	MedianLine    string // of an SVG polyline
	Changes       uint64
	Text          string
}

type mark struct {
	At   float64
	Text string
}

type point struct {
	X, Median, P99 float64
	Text           string
}

func plotOf(now time.Time, intervals []Interval) plot {
	p := plot{Width: plotWidth, Height: plotHeight, Left: plotLeft, Right: plotWidth - plotRight}
	for _, at := range []time.Duration{10 * time.Millisecond, 100 * time.Millisecond, time.Second, 10 * time.Second} {
		p.Marks = append(p.Marks, mark{At: vertical(at), Text: at.String()})
	}
	for minutes := 10; minutes >= 0; minutes -= 5 {
		text := "now"
		if minutes > 0 {
			text = fmt.Sprintf("-%d min", minutes)
		}
		p.Minutes = append(p.Minutes, mark{At: horizontal(now, now.Add(-time.Duration(minutes)*time.Minute)), Text: text})
	}
	var line []string
	worst := time.Duration(0)
	for _, in := range intervals {
		if in.Changes == 0 || now.Sub(in.End) > kept*interval {
			continue
		}
		p.Changes += in.Changes
		worst = max(worst, in.P99)
		at := point{X: horizontal(now, in.End), Median: vertical(in.Median), P99: vertical(in.P99)}
		at.Text = fmt.Sprintf("%s: %s, half within %v, 99 %% within %v", in.End.Format(time.TimeOnly), count(in.Changes, "change"), in.Median, in.P99)
		p.Points = append(p.Points, at)
		line = append(line, fmt.Sprintf("%.1f,%.1f", at.X, at.Median))
	}
	p.MedianLine = strings.Join(line, " ")
	p.Text = "No endpoint has changed in the last ten minutes."
	if p.Changes > 0 {
		p.Text = fmt.Sprintf("%s in the last ten minutes; in every interval 99 %% arrived within %v.", count(p.Changes, "change"), worst)
	}
	return p
}

func horizontal(now, at time.Time) float64 {
	share := 1 - float64(now.Sub(at))/float64(kept*interval)
	return math.Round(10*(plotLeft+min(max(share, 0), 1)*(plotWidth-plotLeft-plotRight))) / 10
}

func vertical(took time.Duration) float64 {
	took = min(max(took, fastest), slowest)
	share := math.Log(float64(took)/float64(fastest)) / math.Log(float64(slowest)/float64(fastest))
	return math.Round(10*(plotHeight-plotBottom-share*(plotHeight-plotTop-plotBottom))) / 10
}
