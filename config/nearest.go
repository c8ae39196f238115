package config

// Nearest returns the one of names that s is most likely a slip of, or an
// empty string when none is near.
func Nearest(s string, names []string) string {
	best, least := "", len(s)/3+1
	for _, name := range names {
		if d := distance(s, name); d <= least && d < len(name) && (best == "" || d < distance(s, best)) {
			best = name
		}
	}
	return best
}

// distance counts the bytes to add, drop or change to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
