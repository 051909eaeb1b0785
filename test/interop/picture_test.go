//go:build interop

package interop_test

import (
	"cmp"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// picture is a screenshot.
type picture struct{ image.Image }

func decoded(t *testing.T, path string) picture {
	t.Helper()
	file, err := os.Open(filepath.Clean(path))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	img, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	return picture{img}
}

func (p picture) at(x, y int) color.RGBA {
	c, _ := color.RGBAModel.Convert(p.At(x, y)).(color.RGBA)
	return c
}

// count is how many pixels have exactly this colour.
func (p picture) count(c color.RGBA) int {
	n := 0
	for y := range p.Bounds().Dy() {
		for x := range p.Bounds().Dx() {
			if p.at(x, y) == c {
				n++
			}
		}
	}
	return n
}

// rectangles are the areas of exactly this colour that are full rectangles, no smaller than a bar.
func (p picture) rectangles(c color.RGBA) []image.Rectangle {
	const least = 8 // pixels wide and high
	seen := map[image.Point]bool{}
	var found []image.Rectangle
	for y := range p.Bounds().Dy() {
		for x := range p.Bounds().Dx() {
			start := image.Pt(x, y)
			if p.at(x, y) != c || seen[start] {
				continue
			}
			box, area := p.flood(start, c, seen)
			if area == box.Dx()*box.Dy() && box.Dx() >= least && box.Dy() >= least {
				found = append(found, box)
			}
		}
	}
	return found
}

// flood is the area around a point that has its colour: the box around it, and how many pixels it is.
func (p picture) flood(start image.Point, c color.RGBA, seen map[image.Point]bool) (box image.Rectangle, area int) {
	todo := []image.Point{start}
	seen[start] = true
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		box = box.Union(image.Rectangle{Min: at, Max: at.Add(image.Pt(1, 1))})
		area++
		for _, step := range []image.Point{{1, 0}, {-1, 0}, {0, 1}, {0, -1}} {
			if next := at.Add(step); next.In(p.Bounds()) && !seen[next] && p.at(next.X, next.Y) == c {
				seen[next] = true
				todo = append(todo, next)
			}
		}
	}
	return box, area
}

// standing are the bars that stand on one line, from left to right: the largest group of rectangles with one lower edge.
func (p picture) standing(c color.RGBA) []image.Rectangle {
	groups := map[int][]image.Rectangle{}
	var largest []image.Rectangle
	for _, r := range p.rectangles(c) {
		groups[r.Max.Y] = append(groups[r.Max.Y], r)
		if len(groups[r.Max.Y]) > len(largest) {
			largest = groups[r.Max.Y]
		}
	}
	slices.SortFunc(largest, func(a, b image.Rectangle) int { return cmp.Compare(a.Min.X, b.Min.X) })
	return largest
}

// above is the rectangle that stands on another one; empty where there is none.
func above(base image.Rectangle, all []image.Rectangle) image.Rectangle {
	for _, r := range all {
		if gap := base.Min.Y - r.Max.Y; gap >= -1 && gap <= 1 && r.Min.X == base.Min.X && r.Max.X == base.Max.X {
			return r
		}
	}
	return image.Rectangle{}
}
