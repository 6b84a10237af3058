namespace ContainerManager.Tests.Integration.Scenarios;

/// <summary>
/// What the scenario table needs of a runtime. A new runtime gets every scenario by implementing this and deriving one class from
/// <see cref="ScenarioTests"/>.
/// </summary>
internal interface IScenarioRuntime
{
    /// <summary>The plugin's folder.</summary>
    string Plugin { get; }

    /// <summary>The value of <c>settings.plugins.PLUGIN</c>, as JSON.</summary>
    string Settings { get; }

    /// <summary>Root inside is not root outside.</summary>
    bool HasUserNamespace => false;

    /// <summary>How many entries come at once where many do: 10,000 in our own containers and in those of Docker; fewer elsewhere, so that the whole run stays short.</summary>
    int ManyEntries => HasUserNamespace ? 1_000 : 2_000;

    /// <summary>Further arguments for the server.</summary>
    string[] ServerOptions => [];

    /// <summary>A command that is given the server's as its arguments.</summary>
    string[] ServerWrapper => [];

    /// <summary>Starts what the runtime itself needs. Before the server runs; ended by <see cref="IAsyncDisposable"/>.</summary>
    Task PrepareAsync() => Task.CompletedTask;

    /// <summary>Starts a container with a busybox root that sleeps. The server runs.</summary>
    Task StartAsync(ServerUnderTest server, string name);

    /// <summary>Starts a container with another root, of which it may take a copy, and another command. The server runs.</summary>
    Task StartFromAsync(ServerUnderTest server, string name, string root, params string[] command) =>
        throw new NotSupportedException("its containers have the one root");

    /// <summary>Ends it and starts it again: another process.</summary>
    Task RestartAsync(ServerUnderTest server, string name);

    /// <summary>Removes it, running or not, if it is there.</summary>
    Task RemoveAsync(ServerUnderTest server, string name);

    /// <summary>Runs a program in it by the runtime's own means; returns what it wrote. Throws when it does not exit with 0.</summary>
    Task<string> ExecAsync(ServerUnderTest server, string name, params string[] command);
}
