using System.Globalization;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using ContainerManager.Protocol;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Scenarios;

/// <summary>The real server with a state, a socket and a plugin directory of the test's own.</summary>
internal sealed partial class ServerUnderTest : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly TemporaryDirectory _directory = new("server");
    private readonly string[] _options;
    private readonly HttpClient _http;
    private BackgroundProcess? _process;

    /// <param name="plugins">The plugins to load, by name.</param>
    /// <param name="configuration">The text of the configuration file.</param>
    /// <param name="options">Further arguments.</param>
    internal ServerUnderTest(IEnumerable<string> plugins, string configuration, params string[] options)
    {
        _options = options;
        File.WriteAllText(ConfigurationPath, configuration);
        Directory.CreateDirectory(PluginDirectory);
        foreach (string plugin in plugins)
        {
            Directory.CreateSymbolicLink(Path.Combine(PluginDirectory, plugin), Path.Combine(Installation.Plugins, plugin));
        }

        _http = new HttpClient(new SocketsHttpHandler { ConnectCallback = ConnectAsync }) { BaseAddress = new Uri("http://server") };
    }

    /// <summary>Variables for the server, as <c>NAME=value</c>.</summary>
    internal string[] Environment { get; init; } = [];

    /// <summary>A command that is given the server's as its arguments.</summary>
    internal string[] Wrapper { get; init; } = [];

    internal string Socket => _directory["control.sock"];

    internal string ConfigurationPath => _directory["container-manager.conf"];

    internal int ProcessId => _process!.Id;

    /// <summary>Once it has ended: 137 when it had to be killed.</summary>
    internal int ExitCode => _process!.ExitCode;

    internal string Log => File.Exists(LogPath) ? File.ReadAllText(LogPath) : "";

    /// <summary>For a test that starts it so often that reading all of it would take longest.</summary>
    internal void ForgetLog() => File.WriteAllText(LogPath, "");

    private static readonly TimeSpan BackWithin = TimeSpan.FromSeconds(5);

    internal string StateDirectory => _directory["state"];

    internal string PluginDirectory => _directory["plugins"];

    private string LogPath => _directory["log"];

    /// <summary>
    /// A second (in hexadecimal) instead of 300 ms: servers that live for seconds spend a fifth of their time with compiling what runs often for a long life.
    /// </summary>
    private const string LateCompilation = "DOTNET_TC_CallCountingDelayMs=3E8";

    internal async Task StartAsync()
    {
        int readyBefore = TimesReady();
        using FileSystemWatcher log = new(_directory.FullPath, "log");
        TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
        log.Changed += (_, _) => LookForReady();
        log.EnableRaisingEvents = true;
        _process = new BackgroundProcess(
            LogPath,
            "/usr/bin/env",
            [
                LateCompilation, .. Environment, .. Wrapper, .. LeastPrivilege.Command, Installation.Server, "--config", ConfigurationPath, "--socket", Socket, "--plugins", PluginDirectory, "--state-dir", _directory["state"],
                "--log-level", "debug", .. _options,
            ]);
        using CancellationTokenSource deadline = new(Deadline);
        Task exited = _process.WhenExitedAsync(deadline.Token);
        LookForReady();
        await Task.WhenAny(ready.Task, exited);
        Assert.True(ready.Task.IsCompletedSuccessfully, $"the server did not start:\n{Log}");

        void LookForReady()
        {
            if (TimesReady() > readyBefore)
            {
                ready.TrySetResult();
            }
        }

        int TimesReady() => Log.Split(" ready: ").Length;
    }

    /// <summary>Waits until a line of the log says something: it is written a moment after the event.</summary>
    internal async Task UntilLoggedAsync(string text)
    {
        using FileSystemWatcher log = new(_directory.FullPath, "log");
        TaskCompletionSource said = new(TaskCreationOptions.RunContinuationsAsynchronously);
        log.Changed += (_, _) => Look();
        log.EnableRaisingEvents = true;
        Look();
        await said.Task.WaitAsync(Deadline);

        void Look()
        {
            if (Log.Contains(text, StringComparison.Ordinal))
            {
                said.TrySetResult();
            }
        }
    }

    internal Task StopAsync() => _process!.StopAsync();

    internal Task KillAsync() => _process!.KillAsync();

    internal async Task<StatusReply> StatusAsync() =>
        (await _http.GetFromJsonAsync(ControlAddress.Status, ControlJson.Default.StatusReply, TestContext.Current.CancellationToken))!;

    internal async Task<PluginsReply> PluginsAsync() =>
        (await _http.GetFromJsonAsync(ControlAddress.Plugins, ControlJson.Default.PluginsReply, TestContext.Current.CancellationToken))!;

    /// <summary>Puts another text in the place of the configuration file, in one step, as editors do.</summary>
    internal void Configure(string text)
    {
        File.WriteAllText(ConfigurationPath + ".new", text);
        File.Move(ConfigurationPath + ".new", ConfigurationPath, overwrite: true);
    }

    /// <summary>The server has read its configuration files as they are now.</summary>
    internal async Task<ConfigurationReply> ReloadConfigurationAsync()
    {
        using HttpResponseMessage response = await _http.PostAsync(ControlAddress.ConfigurationReload, null);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return (await response.Content.ReadFromJsonAsync(ControlJson.Default.ConfigurationReply))!;
    }

    internal async Task<PluginStatus> ReloadAsync(string plugin)
    {
        using HttpResponseMessage response = await _http.PostAsync(ControlAddress.PluginReload(plugin), null);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return (await response.Content.ReadFromJsonAsync(ControlJson.Default.PluginStatus))!;
    }

    /// <summary>Waits until a plugin is as expected; null when it is not there.</summary>
    internal Task<PluginsReply> UntilPluginAsync(string name, Func<PluginStatus?, bool> expected, TimeSpan? within = null) =>
        UntilAsync(PluginsAsync, reply => expected(reply.Plugins.FirstOrDefault(plugin => plugin.Name == name)), reply => JsonSerializer.Serialize(reply, ControlJson.Default.PluginsReply), within);

    /// <summary>Waits until the status is as expected, looking again at each event.</summary>
    internal Task<StatusReply> UntilAsync(Func<StatusReply, bool> expected, TimeSpan? within = null) =>
        UntilAsync(StatusAsync, expected, reply => JsonSerializer.Serialize(reply, ControlJson.Default.StatusReply), within);

    /// <summary>Waits until so many bindings are attached in all. Where they are thousands, to look at each event would be most of the work.</summary>
    internal async Task UntilAttachedAsync(int count, TimeSpan within)
    {
        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(within);
        using HttpResponseMessage response = await FollowAsync(deadline.Token);
        await using Stream events = await response.Content.ReadAsStreamAsync(deadline.Token);
        byte[] buffer = new byte[65536];
        while (true)
        {
            Match attached = AttachedPattern().Match(await _http.GetStringAsync(ControlAddress.Metrics, deadline.Token));
            int missing = Math.Abs(count - (attached.Success ? int.Parse(attached.Groups[1].Value, CultureInfo.InvariantCulture) : 0));
            if (missing == 0)
            {
                return;
            }

            // It changes by one with each event. Of those that are lost there is one line for many.
            for (int lines = 0; lines < missing;)
            {
                int read = await events.ReadAsync(buffer, deadline.Token);
                Assert.NotEqual(0, read);
                lines = buffer.AsSpan(0, read).IndexOf("\"lost\""u8) >= 0 ? missing : lines + buffer.AsSpan(0, read).Count((byte)'\n');
            }
        }
    }

    private async Task<T> UntilAsync<T>(Func<Task<T>> look, Func<T, bool> expected, Func<T, string> describe, TimeSpan? within)
        where T : class
    {
        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(within ?? Deadline);
        T? last = null;
        try
        {
            using HttpResponseMessage response = await FollowAsync(deadline.Token);
            await using Stream events = await response.Content.ReadAsStreamAsync(deadline.Token);
            byte[] buffer = new byte[65536];
            while (true)
            {
                last = await look();
                if (expected(last))
                {
                    return last;
                }

                // Many events may have come meanwhile: one look for all of them. A StreamReader would wait for more whenever what has come fills its own buffer exactly.
                Assert.NotEqual(0, await events.ReadAsync(buffer, deadline.Token));
            }
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            string text = last is null ? "none" : describe(last);
            throw new TimeoutException($"not seen in time; last status:\n{text[..Math.Min(8000, text.Length)]}\nlog:\n{Tail(Log)}");
        }
    }

    private Task<HttpResponseMessage> FollowAsync(CancellationToken cancellationToken) =>
        _http.GetAsync(ControlAddress.Events + "?follow=true", HttpCompletionOption.ResponseHeadersRead, cancellationToken);

    [GeneratedRegex("""^container_manager_bindings\{state="attached"\} (\d+)$""", RegexOptions.Multiline)]
    private static partial Regex AttachedPattern();

    /// <summary>Waits until a binding of a container has a state.</summary>
    internal async Task<BindingStatus> UntilBindingAsync(string container, string target, string state)
    {
        StatusReply status = await UntilAsync(reply => Find(reply, container, target) is { } binding && binding.State == state);
        return Find(status, container, target)!;
    }

    /// <summary>Waits until a binding is attached by another mount than before.</summary>
    /// <returns>The id of that mount.</returns>
    internal async Task<ulong> UntilMountedAgainAsync(string container, string target, ulong before)
    {
        StatusReply status = await UntilAsync(reply => Find(reply, container, target) is { State: "attached", MountId: { } now } && now != before);
        return Find(status, container, target)!.MountId!.Value;
    }

    /// <summary>Waits until a container has been told of a device, and how its permission is.</summary>
    internal Task UntilDeviceAsync(string container, string node, string permission) => UntilAsync(
        async () => (await _http.GetFromJsonAsync(ControlAddress.Devices(container), ControlJson.Default.DevicesReply, TestContext.Current.CancellationToken))!,
        reply => reply.Devices.Any(device => device.Device == node && device.Permission == permission),
        reply => JsonSerializer.Serialize(reply, ControlJson.Default.DevicesReply),
        within: null);

    /// <summary>Waits until nothing of ours is at a target.</summary>
    internal Task UntilGoneAsync(string container, string target) =>
        UntilAsync(reply => Find(reply, container, target) is null or { State: "waiting", MountId: null });

    internal async Task<BindingStatus> BindAsync(string container, string source, string target)
    {
        using HttpResponseMessage response = await _http.PostAsJsonAsync(
            ControlAddress.Bindings(container), new BindRequest(source, target, ReadOnly: false), ControlJson.Default.BindRequest);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return (await response.Content.ReadFromJsonAsync(ControlJson.Default.BindingStatus))!;
    }

    internal async Task UnbindAsync(string container, string target)
    {
        using HttpResponseMessage response = await _http.DeleteAsync(ControlAddress.Binding(container, target));
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    internal async Task<ContainerStatus> SpawnAsync(SpawnRequest spawn)
    {
        using HttpResponseMessage response = await _http.PostAsJsonAsync(ControlAddress.Containers, spawn, ControlJson.Default.SpawnRequest);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return (await response.Content.ReadFromJsonAsync(ControlJson.Default.ContainerStatus))!;
    }

    internal async Task StopContainerAsync(string name)
    {
        using HttpResponseMessage response = await _http.DeleteAsync(ControlAddress.Container(name));
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>Every thread of the server is in the server's own namespaces. One that has just gone into another, and comes back at once, is no fault.</summary>
    internal void AssertEveryThreadAtHome()
    {
        foreach (string kind in (string[])["mnt", "net", "pid", "user"])
        {
            string own = new FileInfo($"/proc/{ProcessId}/ns/{kind}").LinkTarget!;
            foreach (string thread in Directory.EnumerateDirectories($"/proc/{ProcessId}/task"))
            {
                string? its = null;
                if (!SpinWait.SpinUntil(() => (its = new FileInfo($"{thread}/ns/{kind}").LinkTarget) is null || its == own, BackWithin))
                {
                    Assert.Fail($"{thread} ({File.ReadAllText(thread + "/comm").Trim()}) stays in {its} and not in {own}");
                }
            }
        }
    }

    internal static BindingStatus? Find(StatusReply reply, string container, string target) =>
        reply.Containers.FirstOrDefault(c => c.Name == container && c.State == "running")?.Bindings.FirstOrDefault(b => b.Target == target);

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_process is not null)
        {
            if (TestContext.Current.TestState?.Result == TestResult.Failed)
            {
                TestContext.Current.TestOutputHelper?.WriteLine(Tail(Log));
            }

            await _process.DisposeAsync();
        }

        _directory.Dispose();
    }

    private static string Tail(string text) => string.Join('\n', text.Split('\n').TakeLast(60));

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
