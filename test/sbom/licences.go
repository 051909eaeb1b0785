package main

import "strings"

// licences are those of the modules that the page's tables name: | modules, divided by commas | licences: one for all, or one each |. An ellipsis
// stands for the first module of its row, without its major version.
func licences(page string) map[string]string {
	found := map[string]string{}
	for row := range strings.Lines(page) {
		cells := strings.Split(strings.TrimSpace(row), "|")
		if len(cells) < 4 || strings.HasPrefix(strings.TrimSpace(cells[1]), "-") {
			continue
		}
		names, terms := listed(cells[1]), listed(cells[2])
		for i, name := range names {
			if rest, short := strings.CutPrefix(name, "…"); short {
				name = strings.TrimSuffix(names[0], "/v2") + rest
			}
			term := terms[0]
			if len(terms) == len(names) {
				term = terms[i]
			}
			found[name] = strings.ReplaceAll(term, " and ", " AND ")
		}
	}
	return found
}

func listed(cell string) []string {
	parts := strings.Split(cell, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}
