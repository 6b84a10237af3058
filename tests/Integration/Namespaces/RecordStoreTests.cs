using ContainerManager.Abstractions;
using ContainerManager.Plugins.Namespaces;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Namespaces;

/// <summary>What is remembered of containers across restarts of the server.</summary>
public sealed class RecordStoreTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new("records");
    private readonly RecordStore _store;

    public RecordStoreTests() => _store = new RecordStore(_directory.FullPath);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void What_is_written_is_read_again()
    {
        LaunchRequest request = new() { Name = "whole", Command = ["sh", "-c", "echo \"ü\""], Root = "/root/fs", HostNetwork = true, UserNamespace = true, Restart = RestartPolicy.OnFailure };
        Assert.DoesNotContain(typeof(LaunchRequest).GetProperties(), property => property.GetValue(request) is null or false);
        ContainerRecord ended = new(new LaunchRequest { Name = "ended", Command = ["true"] }, null);
        ContainerRecord runs = new(request, new ProcessIdentity(7, ulong.MaxValue));

        _store.Write(runs);
        _store.Write(ended);

        ContainerRecord[] read = [.. _store.ReadAll()];
        Assert.Equal(["ended", "whole"], read.Select(record => record.Request.Name));
        Assert.Equal(request.Command, read[1].Request.Command);
        Assert.Equal(runs, read[1] with { Request = read[1].Request with { Command = request.Command } });
        Assert.Equal(ended, read[0] with { Request = read[0].Request with { Command = ended.Request.Command } });
    }

    [Fact]
    public void One_of_an_earlier_server_is_read_and_one_that_nobody_can_read_is_put_aside()
    {
        string damaged = _directory["damaged.json"];
        File.WriteAllText(damaged, """{"Request":{"Name":"damaged"}}""");
        File.WriteAllText(
            _directory["old.json"],
            """{"Request":{"Name":"old","Command":["true"],"Root":null,"HostNetwork":false,"UserNamespace":false,"Restart":"Always"},"Init":null}""");

        ContainerRecord read = Assert.Single(_store.ReadAll());

        Assert.Equal(("old", RestartPolicy.Always, null), (read.Request.Name, read.Request.Restart, read.Init));
        Assert.False(File.Exists(damaged));
        Assert.True(File.Exists(damaged + ".unreadable"));
    }
}
