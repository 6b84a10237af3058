using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.Loader;
using ContainerManager.Abstractions;
using McMaster.NETCore.Plugins;
using Microsoft.Extensions.DependencyInjection;

namespace ContainerManager.Host.Plugins;

/// <summary>A plugin's assembly in a load context of its own, and one object of each class that implements a contract.</summary>
/// <remarks>
/// The contracts are the server's; everything else the plugin's folder brings is the plugin's own, in whatever version, and what it does not
/// bring is the server's again.
/// </remarks>
internal sealed class LoadedPlugin
{
    private static readonly Type[] Contracts = [typeof(IContainerRuntime), typeof(IEventSource), typeof(IMountStrategy)];

    private readonly PluginLoader _loader;
    private readonly PluginHost _host;
    private readonly ServiceProvider _services;

    private LoadedPlugin(PluginLoader loader, Assembly assembly, PluginHost host, TimeProvider time)
    {
        _loader = loader;
        _host = host;
        _services = new ServiceCollection()
            .AddSingleton<IPluginHost>(host)
            .AddSingleton(time)
            .Scan(scan => scan.FromAssemblies(assembly)
                .AddClasses(classes => classes.AssignableToAny(Contracts), publicOnly: false)
                .AsSelfWithInterfaces()
                .WithSingletonLifetime())
            .BuildServiceProvider();
    }

    internal ImmutableArray<(string Name, IContainerRuntime Runtime)> Runtimes { get; private set; } = [];

    internal ImmutableArray<GuardedEventSource> EventSources { get; private set; } = [];

    internal ImmutableArray<(string Name, IMountStrategy Strategy)> Strategies { get; private set; } = [];

    /// <summary>Loads an assembly and makes its objects. Runs code of the plugin, and takes as long as that does.</summary>
    /// <param name="file">The assembly.</param>
    /// <param name="host">What its classes may ask for.</param>
    /// <param name="time">They may ask for that, too.</param>
    /// <param name="entered">Told of the load context, before any code in it runs.</param>
    /// <exception cref="PluginException">It holds no plugin, or what it is made of failed.</exception>
    internal static LoadedPlugin Load(string file, PluginHost host, TimeProvider time, Action<WeakReference> entered)
    {
        PluginLoader loader = PluginLoader.CreateFromAssemblyFile(file, config =>
        {
            // Its own hot reload sees only DLLs and takes the code away under running threads.
            config.IsUnloadable = true;
            config.LoadInMemory = true;
            config.PreferSharedTypes = false;
            // The assemblies that the contracts refer to are found when they are needed; otherwise all of .NET would be loaded now.
            config.IsLazyLoaded = true;
            config.SharedAssemblies.Add(typeof(IContainerRuntime).Assembly.GetName());
            config.SharedAssemblies.Add(typeof(Linux.KernelException).Assembly.GetName());
        });
        LoadedPlugin? plugin = null;
        try
        {
            Assembly assembly = loader.LoadDefaultAssembly();
            entered(new WeakReference(AssemblyLoadContext.GetLoadContext(assembly)));
            plugin = new LoadedPlugin(loader, assembly, host, time);
            plugin.MakeObjects(Path.GetFileName(file));
            return plugin;
        }
        catch
        {
            plugin?._services.DisposeAsync().AsTask().GetAwaiter().GetResult();
            host.Dispose();
            loader.Dispose();
            throw;
        }
    }

    /// <summary>Ends what the objects hold and gives the code up; it goes when nobody uses it any more.</summary>
    internal async Task CloseAsync()
    {
        try
        {
            _host.Dispose();
            await _services.DisposeAsync();
        }
        finally
        {
            _loader.Dispose();
        }
    }

    /// <summary>Gives the code up without ending anything: an object of it hangs.</summary>
    internal void Abandon()
    {
        try
        {
            _host.Dispose();
        }
        catch (AggregateException)
        {
            // What the plugin has to be told of its end, it did not take well. It was given up already.
        }
        finally
        {
            _loader.Dispose();
        }
    }

    private void MakeObjects(string file)
    {
        string plugin = Path.GetFileNameWithoutExtension(file);
        Runtimes = [.. _services.GetServices<IContainerRuntime>().Select(runtime => (runtime.Name, runtime))];
        EventSources = [.. _services.GetServices<IEventSource>().Select(source => new GuardedEventSource(plugin, source))];
        Strategies = [.. _services.GetServices<IMountStrategy>().Select(strategy => (strategy.Name, strategy))];
        if (Runtimes.IsEmpty && EventSources.IsEmpty && Strategies.IsEmpty)
        {
            throw new PluginException(
                PluginState.Refused, $"{file} is foreign: no class in it implements {string.Join(", ", Contracts.Select(contract => contract.Name))}");
        }
    }
}
