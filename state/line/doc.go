// Package line keeps members in the order in which they joined, through a place that each of them carries itself: joining, leaving and going to the end
// cost the same however many there are.
package line
