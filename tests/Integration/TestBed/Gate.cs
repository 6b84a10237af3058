namespace ContainerManager.Tests.Integration.TestBed;

/// <summary>What the first process of a container waits for, so that the container ends by itself exactly when a test wants it to.</summary>
internal sealed class Gate : IDisposable
{
    private readonly TemporaryDirectory _directory = new("gate");

    private Gate()
    {
    }

    /// <summary>For <c>--volume</c>.</summary>
    internal string Volume => _directory.FullPath + ":/gate";

    /// <summary>The container's command.</summary>
    internal string[] Wait { get; } = ["cat", "/gate/fifo"];

    internal static async Task<Gate> MakeAsync()
    {
        Gate gate = new();
        try
        {
            (await Command.RunAsync("mkfifo", [gate._directory["fifo"]])).OutputOrThrow();
            return gate;
        }
        catch
        {
            gate.Dispose();
            throw;
        }
    }

    /// <summary>The container ends. Waits until it has come to the gate (fifo(7)).</summary>
    internal async Task OpenAsync() => (await Command.RunAsync("sh", ["-c", ": > \"$0\"", _directory["fifo"]])).OutputOrThrow();

    public void Dispose() => _directory.Dispose();
}
