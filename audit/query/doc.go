// Package query reads the records of a trail: all its files in order, or those of them that a filter wants.
package query
