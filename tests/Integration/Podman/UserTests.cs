using ContainerManager.Abstractions;
using ContainerManager.Tests.Integration.TestBed;
using static ContainerManager.Abstractions.RuntimeEvent;

namespace ContainerManager.Tests.Integration.Podman;

/// <summary>Which users are followed, and when.</summary>
[Collection(nameof(PodmanCollection))]
public sealed class UserTests(PodmanEngineFixture fixture) : IAsyncLifetime
{
    private readonly List<PodmanEngine> _engines = [];

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() =>
        CleanUp.AllAsync([.. _engines.Select(CleanUp.Of), CleanUp.Of(fixture.Rootless.RemoveAllAsync), CleanUp.Of(fixture.Root.RemoveAllAsync)]);

    [Fact]
    public async Task Nobody_is_followed_who_is_not_named()
    {
        await fixture.Rootless.RunAsync("web");
        await using PodmanBed bed = PodmanBed.On(fixture.Root);
        await bed.Events.NextAsync(e => e is ListComplete);
        await fixture.Rootless.RunAsync("more");
        await fixture.Root.RunAsync("last");
        await bed.NextStartedAsync("last");
        Assert.Equal("last", Assert.Single(bed.Events.All.OfType<Started>()).Container.Name);
        Assert.DoesNotContain(bed.Events.All, e => e is Trouble);
    }

    [Fact]
    public async Task The_same_user_by_name_and_by_number_is_followed_once()
    {
        await fixture.Rootless.RunAsync("web");
        await using PodmanBed bed = new(
            $$"""{ "sockets": ["{{fixture.Root.Address}}"], "users": ["{{fixture.Rootless.User!.Name}}", {{fixture.Rootless.User.Id}}] }""");
        await bed.Events.NextAsync(e => e is ListComplete);
        await fixture.Rootless.RunAsync("more");
        await bed.NextStartedAsync("more");
        Assert.Equal(["web", "more"], bed.Events.All.OfType<Started>().Select(e => e.Container.Name));
    }

    [Fact]
    public async Task A_named_user_without_service_gets_one_as_that_user()
    {
        PodmanEngine engine = await CreateAsync();
        await engine.RunAsync("web");
        await using PodmanBed bed = PodmanBed.On(fixture.Root, engine.User!);
        ContainerDescription web = await bed.NextStartedAsync("web");

        int service = Assert.Single(ProcessFacts.All, id => ProcessFacts.Runs(id) &&
            ProcessFacts.Read(id, "cmdline").Contains($"{engine.User!.RuntimeDirectory}/container-manager.podman.", StringComparison.Ordinal));
        Assert.Contains($"\nUid:\t{engine.User!.Id}\t{engine.User.Id}\t{engine.User.Id}\t{engine.User.Id}\n", ProcessFacts.Read(service, "status"), StringComparison.Ordinal);
        Assert.DoesNotContain("CONTAINERS_CONF", ProcessFacts.Read(service, "environ"), StringComparison.Ordinal);
        using ContainerEntry entry = await bed.Runtime.OpenAsync(web, TestContext.Current.CancellationToken);
        Assert.Equal(engine.User.Id, entry.UserIds.ToOutside(0));
    }

    [Fact]
    public async Task Everyone_who_logs_in_is_followed_as_far_as_there_is_an_engine()
    {
        await using PodmanBed bed = new($$"""{ "sockets": ["{{fixture.Root.Address}}"], "users": ["*"] }""");
        await bed.Events.NextAsync(e => e is ListComplete);
        PodmanEngine engine = await CreateAsync();
        await engine.RunAsync("web");
        await fixture.Rootless.RunAsync("other");
        await bed.NextStartedAsync("other");

        Assert.DoesNotContain(bed.Events.All, e => e is Started { Container.Name: "web" });
        await engine.StartServiceAsync();
        await bed.NextStartedAsync("web");
        Assert.DoesNotContain(bed.Events.All, e => e is Trouble { Reason: not null });
    }

    [Fact]
    public async Task A_user_who_is_not_there_is_waited_for()
    {
        await using PodmanBed bed = new($$"""{ "sockets": ["{{fixture.Root.Address}}"], "users": ["cm-nobody-such"] }""");
        Trouble trouble = await bed.NextTroubleAsync(_ => true);
        Assert.Equal(("user cm-nobody-such", "there is no such user", true), (trouble.Source, trouble.Reason, trouble.Absent));
        await bed.Events.NextAsync(e => e is ListComplete);
    }

    [Fact]
    public async Task A_user_who_is_not_logged_in_is_waited_for()
    {
        PodmanEngine engine = await CreateAsync();
        string away = engine.User!.RuntimeDirectory + ".away";
        Directory.Move(engine.User.RuntimeDirectory, away);
        try
        {
            await using PodmanBed bed = PodmanBed.On(fixture.Root, engine.User);
            Trouble trouble = await bed.NextTroubleAsync(_ => true);
            Assert.Contains("is not logged in", trouble.Reason, StringComparison.Ordinal);
            Assert.True(trouble.Absent);
            await bed.Events.NextAsync(e => e is ListComplete);

            Directory.Move(away, engine.User.RuntimeDirectory);
            await bed.NextTroubleAsync(trouble => trouble.Reason is null);
        }
        finally
        {
            if (Directory.Exists(away))
            {
                Directory.Move(away, engine.User.RuntimeDirectory);
            }
        }
    }

    private async Task<PodmanEngine> CreateAsync()
    {
        PodmanEngine engine = await PodmanEngine.CreateAsync(rootless: true);
        _engines.Add(engine);
        return engine;
    }
}
