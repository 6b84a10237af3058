# Sourced by build.sh and test.sh: one compiler for all projects of a run, which ends with it. A compiler for each would have to be compiled itself each time,
# which takes longer than most projects.

# Whoever has set the variable ends it.
if [ -z "${SharedCompilationId-}" ]; then
    # MSBuild takes variables for properties.
    export UseSharedCompilation=true SharedCompilationId="container-manager-$$"
    trap end_compiler EXIT
fi

end_compiler() {
    local command
    for command in /proc/[0-9]*/cmdline; do
        if [ -n "${SharedCompilationId-}" ] && grep -qsF -e "-pipename:$SharedCompilationId" "$command"; then
            kill "${command//[!0-9]/}" 2>/dev/null || true
        fi
    done
    unset UseSharedCompilation SharedCompilationId
}
