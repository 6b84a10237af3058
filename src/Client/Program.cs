using ContainerManager.Client;
using ContainerManager.Client.Init;
using ContainerManager.Client.Look;
using ContainerManager.Client.Manual;
using ContainerManager.Client.Serve;
using ContainerManager.Linux;
using ContainerManager.Protocol;

return args switch
{
    [] => ManualClient.Run(),
    ["--help" or "-h" or "help", ..] => Say(HelpText.Whole),
    ["--version"] => Say(HelpText.Version),
    ["init", "--help"] => Say(HelpText.Init),
    ["init", .. string[] rest] => InitProcess.Run(rest),
    ["serve"] => ServeLoop.Run(),
    [ClientCommands.Probe, .. string[] rest] => ProbeStage.Run(rest),
    [ClientCommands.Read, .. string[] rest] => ReadStage.Run(rest),
    ["enter", .. string[] rest] => EnterStage.Run(rest),
    ["start", .. string[] rest] => StartStage.Run(rest),
    ["exec", .. string[] rest] => ExecStage.Run(rest),
    ["hold"] => Hold.Run(null),
    ["hold", "--root", string root] => Hold.Run(root),
    _ => Refuse($"unknown argument '{args[0]}'.\nTry 'client --help'."),
};

static int Say(string text)
{
    Descriptor.Write(Descriptor.StandardOutput, text);
    return 0;
}

static int Refuse(string text)
{
    Descriptor.Write(Descriptor.StandardError, $"client: {text}\n");
    return 2;
}
