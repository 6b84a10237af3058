using ContainerManager.Linux;

namespace ContainerManager.Client.Init;

/// <summary>The first process of a light container, from its birth to its end.</summary>
internal static class InitProcess
{
    private const int LogTail = 4096;

    /// <returns>The exit status: the command's, 2 for a wrong call, 125 when the container could not be set up.</returns>
    internal static int Run(string[] args)
    {
        InitOptions options;
        try
        {
            options = InitOptions.Parse(args);
        }
        catch (ArgumentException wrong)
        {
            return Refuse(wrong.Message);
        }

        if (Environment.ProcessId != 1)
        {
            return Refuse("must be process 1 of a new pid namespace; the server starts it so.\nTry 'container-util spawn --help'.");
        }

        OwnProcess.CloseInheritedDescriptors();
        Report report = new();
        return report.WaitForGo() ? RunContainer(options, report) : 125;
    }

    private static int RunContainer(InitOptions options, Report report)
    {
        try
        {
            using SignalForwarding signals = new();
            SetUp.Run(options);
            OwnProcess.SilenceStandardStreams();
            using PayloadLog log = PayloadLog.Open();
            if (!report.WaitForStart())
            {
                return 125;
            }

            int payload = Payload.Start(options, log.Input);
            log.Input.Dispose();
            report.Running();
            signals.ForwardTo(payload);
            int status = ReapUntil(payload);
            report.Ended(status, log.End(LogTail));
            return status;
        }
        catch (IOException failure)
        {
            report.Failed(failure.Message);
            return 125;
        }
    }

    /// <summary>Reaps whatever ends, orphans too, until the payload has. The kernel kills what is left when we exit.</summary>
    private static int ReapUntil(int payload)
    {
        while (true)
        {
            (int processId, int status) = ChildProcess.WaitAny();
            if (processId == payload)
            {
                return status;
            }
        }
    }

    private static int Refuse(string text)
    {
        Descriptor.Write(Descriptor.StandardError, $"client init: {text}\n");
        return 2;
    }
}
