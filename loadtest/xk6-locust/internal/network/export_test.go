package network

import (
	"maps"
	"slices"
)

// TreatmentOf returns the treatment of an option, or "" if it has no rule.
func TreatmentOf(name string) Treatment { return rules[name].Treatment }

// RuleNames returns the names of all options that have a rule.
func RuleNames() []string { return slices.Collect(maps.Keys(rules)) }
