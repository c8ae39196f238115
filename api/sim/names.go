package sim

// FaultSpecs returns each fault as [ParseFault] reads it, up to its value, with
// what it does; for the completions of a shell.
func FaultSpecs() (specs []string, help map[string]string) {
	help = map[string]string{}
	for _, k := range faultKinds {
		spec := k.name
		if k.value != "" && k.def == 0 {
			spec += "="
		}
		specs = append(specs, spec)
		help[spec] = k.help
	}
	return specs, help
}
