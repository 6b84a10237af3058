using System.CommandLine;
using System.Text;
using ContainerManager.Cli.Output;

namespace ContainerManager.Cli.Commands;

/// <summary><c>completion bash|zsh|fish</c></summary>
internal static class CompletionVerb
{
    private static readonly Argument<string> s_shell = new("SHELL") { Description = "bash, zsh or fish" };

    /// <summary>Options only to who has begun one; where nothing of ours fits, the shell completes files.</summary>
    private const string Bash = """
        _container_util() {
            local word=${COMP_WORDS[COMP_CWORD]} line
            COMPREPLY=()
            while IFS= read -r line; do
                [[ $line == "$word"* && ($word == -* || $line != [-/]* || $word == /*) && $line != '' && $line != '/?' && $line != '/h' ]] && COMPREPLY+=("$line")
            done < <("${COMP_WORDS[0]}" "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)
        }
        complete -o bashdefault -o default -F _container_util container-util

        """;

    private const string Zsh = """
        #compdef container-util
        _container_util() {
            local word=${words[CURRENT]} line
            local -a found
            for line in ${(f)"$(${words[1]} "[suggest:${#${(j: :)words[1,CURRENT]}}]" "${(j: :)words[1,CURRENT]}" 2>/dev/null)"}; do
                [[ $line != '/?' && $line != '/h' && ($word == -* || $line != [-/]* || $word == /*) ]] && found+=("$line")
            done
            compadd -Q -a found && return
            _files
        }
        compdef _container_util container-util

        """;

    private const string Fish = """
        function __container_util_complete
            set -l line (commandline -cp)
            set -l word (commandline -ct)
            for found in (container-util "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null)
                string match -q -- '/[?h]' $found; and continue
                if string match -q -- '-*' $word; or not string match -qr -- '^[-/]' $found; or string match -q -- '/*' $word
                    echo $found
                end
            end
        end
        complete -c container-util -a '(__container_util_complete)'

        """;

    internal static Verb Create()
    {
        Verb verb = new(
            "completion",
            "Prints what makes a shell complete words of this command, with the names of containers",
            "source <(container-util completion bash)                                   # in ~/.bashrc",
            "container-util completion zsh > /usr/local/share/zsh/site-functions/_container-util",
            "container-util completion fish > ~/.config/fish/completions/container-util.fish");
        s_shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        verb.Arguments.Add(s_shell);
        verb.Does(static (invocation, _) =>
        {
            StandardStream.WriteOutput(Encoding.UTF8.GetBytes(invocation.Value(s_shell) switch { "zsh" => Zsh, "fish" => Fish, _ => Bash }));
            return Task.FromResult(ExitCode.Ok);
        });
        return verb;
    }
}
