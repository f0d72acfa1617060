package page

import (
	"fmt"
	"math"
)

// The graph's size, in units of its own: at a width of 400 CSS pixels one unit is about one pixel.
const (
	graphWidth, graphHeight = 400, 240
	// drawn is how many members a circle has room for.
	drawn = 16
	// labelled is how many characters of an id are drawn.
	labelled = 14
)

// graph is a star: the hub, and every member around it.
type graph struct {
	Width, Height int
	X, Y          float64 // of the hub
	Level         level   // of the way to the hub
	Nodes         []node
	More          int // members that are not drawn
}

// node is one member.
type node struct {
	ID, Label string
	X, Y      float64
	LabelY    float64
	Level     level
	Text      string
	Self      bool
}

// graphOf draws this cluster at the top and the others after it, clockwise.
func graphOf(f Facts) graph {
	g := graph{Width: graphWidth, Height: graphHeight, X: graphWidth / 2, Y: graphHeight / 2, Level: good}
	if !f.Connected {
		g.Level = bad
	}
	nodes := []node{{ID: string(f.Self), Level: g.Level, Text: "this cluster", Self: true}}
	for _, member := range f.Members {
		text := fmt.Sprintf("%s, heard %s, %d of %d endpoints ready", member.State, ago(f.At, member.Heard), member.Ready, member.Endpoints)
		nodes = append(nodes, node{ID: string(member.ID), Level: levelOf(member.State), Text: text})
	}
	g.More = max(0, len(nodes)-drawn)
	g.Nodes = nodes[:len(nodes)-g.More]
	for i := range g.Nodes {
		n := &g.Nodes[i]
		angle := 2*math.Pi*float64(i)/float64(len(g.Nodes)) - math.Pi/2
		n.X = math.Round(g.X + 140*math.Cos(angle))
		n.Y = math.Round(g.Y + 80*math.Sin(angle))
		n.LabelY = n.Y + 26
		if n.Y < g.Y {
			n.LabelY = n.Y - 16
		}
		n.Label = n.ID
		if len(n.Label) > labelled {
			n.Label = n.Label[:labelled-1] + "…"
		}
	}
	return g
}
