using System.Runtime.CompilerServices;
using ContainerManager.Abstractions;
using static ContainerManager.Tests.Unit.Containers.ScriptedRuntime;

namespace ContainerManager.Tests.Unit.Containers;

/// <summary>A runtime that hangs where it is told of its end, until it is released.</summary>
/// <param name="hearsOfItsEnd">Its stream ends all the same.</param>
internal sealed class HangsAtItsEnd(bool hearsOfItsEnd) : IContainerRuntime, IDisposable
{
    private readonly ManualResetEventSlim _hangs = new();
    private readonly ManualResetEventSlim _released = new();
    private readonly TaskCompletionSource _streamEnds = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Name => "test";

    public async IAsyncEnumerable<RuntimeEvent> DiscoverAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Registrations are called in reverse: this one before that of whoever waits for the end of the stream from outside.
        // (And not taken back, which would wait for it.)
        _ = cancellationToken.UnsafeRegister(_ => Hang(), null);
        await _streamEnds.Task;
        cancellationToken.ThrowIfCancellationRequested();
        yield break;
    }

    public ValueTask<ContainerEntry> OpenAsync(ContainerDescription container, CancellationToken cancellationToken) => throw new NotSupportedException();

    internal void UntilItHangs() => Assert.True(_hangs.Wait(Deadline));

    internal void Release()
    {
        _released.Set();
        _streamEnds.TrySetResult();
    }

    public void Dispose()
    {
        Release();
        _hangs.Dispose();
        _released.Dispose();
    }

    private void Hang()
    {
        if (hearsOfItsEnd)
        {
            _streamEnds.TrySetResult();
        }

        _hangs.Set();
        _released.Wait(Deadline);
    }
}
