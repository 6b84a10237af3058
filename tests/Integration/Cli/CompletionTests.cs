using System.Diagnostics;
using ContainerManager.Tests.Control;

namespace ContainerManager.Tests.Integration.Cli;

/// <summary>What a shell completes, in a real bash.</summary>
public sealed class CompletionTests : IAsyncLifetime
{
    /// <summary>As bash calls the function when somebody presses the tab key at the end of a line.</summary>
    private const string Press = """
        source <(container-util completion bash)
        COMP_LINE=$0 COMP_POINT=${#0}
        read -ra COMP_WORDS <<< "$0"
        [[ $0 != *' ' ]] || COMP_WORDS+=("")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _container_util
        echo "${COMPREPLY[*]}"
        """;

    private ServedEngine _served = null!;

    public async ValueTask InitializeAsync() => _served = await ServedEngine.StartAsync();

    public ValueTask DisposeAsync() => _served.DisposeAsync();

    [Theory]
    [InlineData("container-util st", "status stop")]
    [InlineData("container-util -c ", "web")]
    [InlineData("container-util --container w", "web")]
    [InlineData("container-util status ", "web")]
    [InlineData("container-util -c web unbind /d", "/dev/y")]
    [InlineData("container-util plugins reload D", "Docker")]
    [InlineData("container-util config ", "check diff reload schema show")]
    [InlineData("container-util completion ", "bash fish zsh")]
    [InlineData("container-util bind --r", "--read-only")]
    [InlineData("container-util bind /", "")]
    [InlineData("container-util bind ", "")]
    public async Task WordsAndNamesAreCompletedAndFilesAreLeftToTheShell(string line, string expected) =>
        Assert.Equal(expected, await PressAsync(line, _served.Socket));

    [Fact]
    public async Task WithoutAServerThereAreNoNamesAndNoNoise() => Assert.Equal("", await PressAsync("container-util -c ", "/none"));

    private static async Task<string> PressAsync(string line, string socket)
    {
        string path = $"PATH={Path.GetDirectoryName(ContainerUtil.Binary)}:/usr/bin:/bin";
        using Process bash = ContainerUtil.StartProgram("/", socket, "env", path, $"CONTAINER_MANAGER_SOCKET={socket}", "bash", "-c", Press, line);
        bash.StandardInput.Close();
        Task<string> output = bash.StandardOutput.ReadToEndAsync(), error = bash.StandardError.ReadToEndAsync();
        await bash.WaitForExitAsync().WaitAsync(ServedEngine.Deadline);
        Assert.Equal("", await error);
        return (await output).TrimEnd();
    }
}
