using System.Net;
using System.Net.Sockets;
using ContainerManager.Linux;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace ContainerManager.Host.Control;

/// <summary>
/// The connections that Kestrel gets while at least one is open: those accepted from our own socket. Ends when the last one has closed.
/// </summary>
internal sealed class BusyPeriod : IConnectionListenerFactory, IConnectionListener
{
    private const string UserItem = "user";

    /// <summary>Of one user who is neither root nor ours: nobody is to take the places of all others.</summary>
    private const int MostOfOneUser = 64;

    /// <summary>Of all together; runs in containers count among them. Who comes when there are so many is hung up on.</summary>
    private const int MostConnections = 4096;

    private readonly Lock _lock = new();
    private readonly Dictionary<uint, int> _users = [];
    private readonly ControlSocket _listener;
    private readonly SocketConnectionContextFactory _contexts;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenSource _quiet = new();
    private Socket? _first;
    private int _open;
    private bool _ending;

    internal BusyPeriod(ControlSocket listener, Socket first, SocketConnectionContextFactory contexts)
    {
        _listener = listener;
        _first = first;
        _contexts = contexts;
        EndPoint = new UnixDomainSocketEndPoint(listener.Path);
    }

    /// <summary>No connection is open and none is being accepted: further ones wait in the listener's queue.</summary>
    internal Task Ended => _ended.Task;

    /// <inheritdoc/>
    public EndPoint EndPoint { get; }

    /// <summary>Kestrel's middleware for each connection.</summary>
    internal void Track(ListenOptions options) => options.Use(next => async connection =>
    {
        try
        {
            await next(connection);
        }
        finally
        {
            Left((uint)connection.Items[UserItem]!);
        }
    });

    /// <summary>Stops accepting, whatever is still open.</summary>
    internal void End()
    {
        lock (_lock)
        {
            if (!_ending)
            {
                _ending = true;
                _quiet.Cancel();
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) => new(this);

    /// <inheritdoc/>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            try
            {
                Socket socket = Interlocked.Exchange(ref _first, null) ?? await _listener.AcceptAsync(_quiet.Token);
                if (Arrived(socket) is { } connection)
                {
                    return connection;
                }
            }
            catch (OperationCanceledException)
            {
                if (IsOver())
                {
                    _ended.TrySetResult();
                    return null;
                }
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        End();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _quiet.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <returns>Null: it was hung up on.</returns>
    private ConnectionContext? Arrived(Socket socket)
    {
        uint user = PeerProcess.CredentialsOf(socket).User;
        lock (_lock)
        {
            int before = _users.GetValueOrDefault(user);
            if (_open >= MostConnections || (before >= MostOfOneUser && user != 0 && user != OwnProcess.EffectiveUser))
            {
                socket.Dispose();
                if (_open == 0 && !_ending)
                {
                    _quiet.Cancel();
                }

                return null;
            }

            _users[user] = before + 1;
            _open++;
        }

        ConnectionContext connection = _contexts.Create(socket);
        connection.Items[UserItem] = user;
        return connection;
    }

    private void Left(uint user)
    {
        lock (_lock)
        {
            if (--_users[user] == 0)
            {
                _users.Remove(user);
            }

            if (--_open == 0 && !_ending)
            {
                _quiet.Cancel();
            }
        }
    }

    /// <summary>After it has become quiet: unless somebody came in the last moment, who is served as part of this period.</summary>
    private bool IsOver()
    {
        lock (_lock)
        {
            if (_ending || _open == 0)
            {
                return true;
            }

            _quiet.Dispose();
            _quiet = new CancellationTokenSource();
            return false;
        }
    }
}
