package theme

// Where nobody knows the terminal's background, each color has 3:1 on black and
// on white, and on what is nearly so: none is very dark or very light.

// either are the colors on any background, by those on a dark one.
var either = map[string]string{
	"103": "66", "214": "130", "110": "32", "117": "32", "114": "29", "203": "196", "176": "133", "209": "132",
	"245": "243", "242": "243", "16": "231", "17": "17", "80": "80",
}

// onTint are those in the selected row, whose tint is dark on any background.
var onTint = map[string]string{
	"103": "152", "146": "152", "214": "215", "110": "153", "117": "159", "114": "151", "203": "210", "176": "182", "209": "216",
	"245": "250", "248": "250", "242": "250", "255": "254", "238": "237", "16": "231", "17": "17", "80": "80",
}

// chosen returns what chooses the color for a background of two, for light and
// for dark ones.
func chosen(o Options) func(light, dark string) string {
	switch {
	case o.Mode == "dark":
	case o.Mode == "light", !o.Unknown && !o.Dark:
		return func(light, _ string) string { return light }
	case o.Unknown:
		return func(_, dark string) string { return either[dark] }
	}
	return func(_, dark string) string { return dark }
}

// unknown reports whether the colors have to be seen on any background.
func (o Options) unknown() bool { return o.Unknown && o.Mode != "dark" && o.Mode != "light" }
