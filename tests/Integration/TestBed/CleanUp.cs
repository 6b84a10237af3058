namespace ContainerManager.Tests.Integration.TestBed;

/// <summary>Cleans up after a test: all of it, whatever one part does, so that nothing is left on the machine for the next.</summary>
internal static class CleanUp
{
    /// <summary>Does one after the other, in this order, those after a failure as well.</summary>
    /// <exception cref="AggregateException">What failed, when all was done.</exception>
    internal static async ValueTask AllAsync(params IEnumerable<Func<ValueTask>> steps)
    {
        List<Exception> failures = [];
        foreach (Func<ValueTask> step in steps)
        {
            try
            {
                await step();
            }
            catch (Exception failure)
            {
                failures.Add(failure);
            }
        }

        if (failures.Count > 0)
        {
            throw new AggregateException("not everything could be cleaned up", failures);
        }
    }

    /// <summary>Begins something that is disposed in the end; when it cannot begin, at once.</summary>
    internal static async Task<T> BegunAsync<T>(T bed, Func<T, Task> begin)
        where T : IAsyncDisposable
    {
        try
        {
            await begin(bed);
            return bed;
        }
        catch
        {
            await bed.DisposeAsync();
            throw;
        }
    }

    /// <summary>A step that disposes something, if it is there.</summary>
    internal static Func<ValueTask> Of(IAsyncDisposable? disposable) => () => disposable?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>A step that disposes something, if it is there.</summary>
    internal static Func<ValueTask> Of(IDisposable? disposable) => () =>
    {
        disposable?.Dispose();
        return ValueTask.CompletedTask;
    };

    /// <summary>A step that does something.</summary>
    internal static Func<ValueTask> Of(Func<Task> work) => () => new ValueTask(work());

    /// <summary>A step that looks whether all is well.</summary>
    internal static Func<ValueTask> Of(Action look) => () =>
    {
        look();
        return ValueTask.CompletedTask;
    };
}
