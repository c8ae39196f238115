package list

import (
	"slices"

	"tapedeck/ui/theme"
)

// filterWords explain what can be typed after /, beside the terms.
var filterWords = []theme.Sign{
	{Sign: "front desk", Means: "both words, each in any field, shown or hidden; a number in any punctuation"},
	{Sign: `"front desk"`, Means: "the words as they stand; in quotes a term is a word too"},
	{Sign: "!status:rec", Means: "all that do not match"},
}

// filterExamples show terms together.
var filterExamples = []theme.Sign{
	{Sign: "by:me paused>1m", Means: "what you have kept paused for over a minute"},
	{Sign: "kind:call from:0142", Means: "calls from a number that has 0142 in it"},
}

// FilterLegend explains what can be typed after /: words, every term, and terms
// together.
func FilterLegend() []theme.Sign {
	out := slices.Clone(filterWords)
	for _, t := range FilterTerms() {
		out = append(out, theme.Sign{Sign: t.Example, Means: t.Does})
	}
	return append(out, filterExamples...)
}
