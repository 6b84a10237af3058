using System.Text.Json;
using ContainerManager.Protocol;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace ContainerManager.Host.Control;

/// <summary>One HTTP request: runs its route and turns what goes wrong into an <see cref="ErrorReply"/>.</summary>
/// <param name="routes">What is served.</param>
/// <param name="stopping">The server ends: running requests are cancelled.</param>
internal sealed class ControlApplication(ControlRoutes routes, CancellationToken stopping) : IHttpApplication<HttpContext>
{
    /// <inheritdoc/>
    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    /// <inheritdoc/>
    public void DisposeContext(HttpContext context, Exception? exception)
    {
    }

    /// <inheritdoc/>
    public async Task ProcessRequestAsync(HttpContext context)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        try
        {
            await routes.RunAsync(context, either.Token);
        }
        catch (ControlException refusal)
        {
            await RefuseAsync(context, refusal.StatusCode, new ErrorReply(refusal.Message, refusal.Hint));
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            await EndAsync(context);
        }
        catch (BadHttpRequestException broken)
        {
            await RefuseAsync(context, broken.StatusCode, new ErrorReply(broken.Message, null));
        }
        catch (Exception exception)
        {
            // The boundary: one request must not take the server with it, and whoever asked is told.
            ErrorReply reply = new($"{exception.GetType().Name}: {exception.Message}", "this is a defect of the server: please report it");
            await RefuseAsync(context, StatusCodes.Status500InternalServerError, reply);
        }
    }

    private static Task EndAsync(HttpContext context) => context.RequestAborted.IsCancellationRequested || context.Response.HasStarted
        ? Task.CompletedTask
        : RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, new ErrorReply("the server is stopping", null));

    private static async Task RefuseAsync(HttpContext context, int statusCode, ErrorReply reply)
    {
        if (context.Response.HasStarted)
        {
            // Half a reply that ends orderly would look like a whole one.
            context.Abort();
            return;
        }

        context.Response.StatusCode = statusCode;
        context.Response.ContentType = "application/json";
        await JsonSerializer.SerializeAsync(context.Response.Body, reply, ControlJson.Default.ErrorReply, context.RequestAborted);
    }
}
