package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Allowed licences by SPDX identifier, each with phrases that its text must hold. All of them go with Apache-2.0, ours.
func known() map[string][]string {
	return map[string][]string{
		"0BSD":         {"permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted."},
		"Apache-2.0":   {"apache license", "version 2.0"},
		"BSD-2-Clause": {"redistributions of source code must retain", "redistributions in binary form must reproduce"},
		"BSD-3-Clause": {"redistributions of source code must retain", "redistributions in binary form must reproduce", "endorse or promote products"},
		"MIT":          {"permission is hereby granted, free of charge, to any person obtaining a copy", "without restriction"},
		"MPL-2.0":      {"mozilla public license", "2.0"},
	}
}

// refused are phrases of terms that do not go with ours, whatever else the text holds. A licence that is not known is refused without them.
func refused() []string {
	return []string{
		"gnu general public license version 3, 29 june", "everyone is permitted to copy and distribute verbatim copies of this license document",
		"commons clause", "server side public license", "business source license", "elastic license", "for non-commercial", "noncommercial",
	}
}

var blanks = regexp.MustCompile(`[\s"“”'*#]+`)

// identify names the allowed licences that a text grants, sorted: most texts one, some two. An error says that there is none, or that
// the text holds terms that are refused.
func identify(text string) ([]string, error) {
	text = strings.ToLower(blanks.ReplaceAllString(text, " "))
	for _, phrase := range refused() {
		if strings.Contains(text, phrase) {
			return nil, fmt.Errorf("it holds %q", phrase)
		}
	}
	var found []string
	for name, phrases := range known() {
		if !slices.ContainsFunc(phrases, func(p string) bool { return !strings.Contains(text, p) }) {
			found = append(found, name)
		}
	}
	if slices.Contains(found, "BSD-3-Clause") {
		found = slices.DeleteFunc(found, func(n string) bool { return n == "BSD-2-Clause" })
	}
	if len(found) == 0 {
		return nil, errors.New("it is none of the licences that docs/dependencies.md allows")
	}
	slices.Sort(found)
	return found, nil
}

var (
	licenceName = regexp.MustCompile(`(?i)^(licen[cs]e|copying)([-.][\w.-]*)?$`)
	noticeName  = regexp.MustCompile(`(?i)^(notice|patents|authors|copyright)([-.](txt|md))?$`)
)
