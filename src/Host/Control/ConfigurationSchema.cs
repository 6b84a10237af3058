using Microsoft.AspNetCore.Http;

namespace ContainerManager.Host.Control;

/// <summary>The JSON Schema of the configuration file, which is part of the program.</summary>
internal static class ConfigurationSchema
{
    internal static Stream Open() => typeof(ConfigurationSchema).Assembly.GetManifestResourceStream("configuration.schema.json")
        ?? throw new InvalidOperationException("the program was built without its schema");

    internal static async Task SendAsync(HttpResponse response, CancellationToken cancellationToken)
    {
        response.ContentType = "application/schema+json";
        await using Stream schema = Open();
        await schema.CopyToAsync(response.Body, cancellationToken);
    }
}
