namespace ContainerManager.Host.Plugins;

/// <summary>The core, as a plugin's life sees it: what makes use of its objects.</summary>
internal interface IPluginUser
{
    /// <summary>Begins to use a plugin. Runs none of its code on the caller's thread.</summary>
    /// <returns>What it offers, in words such as <c>runtime docker</c>.</returns>
    /// <param name="name">The plugin's.</param>
    /// <param name="plugin">Its objects.</param>
    /// <param name="onFault">To be told, on any thread, of an object that failed and is not used any more.</param>
    /// <exception cref="PluginException">Another plugin has one of its names. Nothing is used then.</exception>
    IReadOnlyList<string> Use(string name, LoadedPlugin plugin, Action<string> onFault);

    /// <summary>
    /// Ends all use of the plugin's objects; completes when none of its code is at work for us any more. What is known of its containers is kept.
    /// </summary>
    /// <exception cref="TimeoutException">It does not end; it is not listened to any more all the same.</exception>
    Task LetGoAsync(string name);

    /// <summary>The plugin does not come back: its containers are followed no longer. What is mounted in them stays.</summary>
    void Forget(string name);

    /// <summary>The names that no other plugin may have now, in words such as <c>runtime docker</c>.</summary>
    IReadOnlyList<string> NamesOf(string name);

    /// <summary>A plugin's state has changed.</summary>
    /// <param name="report">What it is now.</param>
    /// <param name="detail">More about an error, for its author.</param>
    void Changed(PluginReport report, string? detail);
}
