package config

import "strings"

// Row is one setting as the README's table shows it.
type Row struct {
	Name    string // path in the file; "operators[].port" for an operator's
	Env     string // its variable; empty: none
	Default string // as it would be written in the file; empty: none
	Meaning string
}

// Reference lists every setting of the process, then every key of an operator's
// entry; those that a profile may set too have the default profile's value.
func Reference() []Row {
	var rows []Row
	for _, row := range settings {
		rows = append(rows, Row{row.path, row.env, row.std, row.meaning})
	}
	profiles, err := embeddedProfiles()
	if err != nil {
		panic(err) // the embedded files are part of the program; a test reads them
	}
	standard, _ := (&layers{profiles: profiles}).build("")
	for i, row := range operatorSettings {
		std := row.std
		if i >= len(accountSettings) {
			if std = row.field(&standard).show(); std == `""` || std == "[]" || std == "null" {
				std = ""
			}
		}
		if strings.HasPrefix(row.path, "timers.") {
			std = "the process's"
		}
		rows = append(rows, Row{"operators[]." + row.path, row.env, std, row.meaning})
	}
	return rows
}

// Profiles lists the profiles that an operator can name without writing one.
func Profiles() []string {
	profiles, err := embeddedProfiles()
	if err != nil {
		panic(err)
	}
	return profiles.names()
}
