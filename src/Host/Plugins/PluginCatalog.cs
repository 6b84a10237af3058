using System.Collections.Immutable;
using System.Reflection;
using ContainerManager.Abstractions;
using McMaster.NETCore.Plugins;
using Microsoft.Extensions.DependencyInjection;

namespace ContainerManager.Host.Plugins;

/// <summary>
/// Loads the plugins of a directory: each folder <c>NAME</c> with its <c>NAME.dll</c>, in a load context and with a service provider of
/// its own. The one place where what a plugin throws while loading is caught: it is named, and everything else goes on.
/// </summary>
internal static class PluginCatalog
{
    internal static ImmutableArray<LoadedPlugin> Load(string directory, Func<string, IPluginHost> hostFor, Action<string, Exception> onFailure)
    {
        if (!Directory.Exists(directory))
        {
            throw new DirectoryNotFoundException($"plugin directory {directory} does not exist; name another with --plugins");
        }

        ImmutableArray<LoadedPlugin>.Builder plugins = ImmutableArray.CreateBuilder<LoadedPlugin>();
        foreach (string folder in Directory.EnumerateDirectories(directory).Order(StringComparer.Ordinal))
        {
            string name = Path.GetFileName(folder);
            try
            {
                plugins.Add(LoadOne(name, Path.Combine(folder, name + ".dll"), hostFor(name)));
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                onFailure(name, failure);
            }
        }

        return plugins.ToImmutable();
    }

    private static LoadedPlugin LoadOne(string name, string file, IPluginHost host)
    {
        if (!File.Exists(file))
        {
            throw new FileNotFoundException($"a plugin folder holds a DLL of its own name: {file} is missing");
        }

        PluginLoader loader = PluginLoader.CreateFromAssemblyFile(file, config =>
        {
            config.PreferSharedTypes = true;
            config.IsUnloadable = true;
            config.LoadInMemory = true;
        });
        Assembly assembly = loader.LoadDefaultAssembly();
        ServiceProvider services = new ServiceCollection()
            .AddSingleton(host)
            .AddSingleton(TimeProvider.System)
            .Scan(scan => scan.FromAssemblies(assembly)
                .AddClasses(classes => classes.AssignableToAny(typeof(IContainerRuntime), typeof(IEventSource), typeof(IMountStrategy)), publicOnly: false)
                .AsSelfWithInterfaces()
                .WithSingletonLifetime())
            .BuildServiceProvider();
        return new LoadedPlugin(name, services);
    }
}
