// Package config turns the command line, the environment and a YAML file into
// one typed Config, or into every complaint at once. It is the only package that
// reads the environment, and nothing in it dials, listens or starts anything.
//
//	flags  >  environment  >  file  >  defaults          (keys.go: one row a setting)
//	operator entry  >  profile  >  default profile       (operator_keys.go; profiles/*.yaml)
//	credentials answer  >  operator                      (Operator.Merge)
//
// A setting is one row of a table: its path in the file, its variable, its
// default, what it means, and the field it fills. Load, Validate, Print and
// Reference all read the rows, so a setting cannot exist in one of them only.
//
// Reload reads the same sources again and says what is another; which settings it
// puts in force is the rule `live` in keys.go. When to reload is the caller's.
//
// Secrets are of the types Secret and URL, which show a mask wherever they are
// printed; no complaint quotes one.
package config
