using Mono.Cecil;
using Mono.Cecil.Cil;

namespace ContainerManager.Tests.Architecture.NativeCalls;

/// <summary>
/// Finds native calls: imported functions, function pointers, libraries loaded by hand, and calls of Tmds.LibC (its constants, which are
/// properties, may be read).
/// </summary>
internal static class NativeCallRules
{
    private static readonly HashSet<string> s_loaders =
    [
        "System.Runtime.InteropServices.NativeLibrary",
        "System.Runtime.InteropServices.Marshal::GetDelegateForFunctionPointer",
        "System.Runtime.InteropServices.Marshal::GetFunctionPointerForDelegate",
    ];

    internal static IEnumerable<string> Offences(ModuleDefinition module) =>
        module.AllTypes().SelectMany(type => type.Methods).SelectMany(method => Offences(method).Select(what => $"{method.DeclaringType.FullName}.{method.Name}: {what}"));

    private static IEnumerable<string> Offences(MethodDefinition method)
    {
        if (method.IsPInvokeImpl)
        {
            yield return $"imports {method.PInvokeInfo.EntryPoint} of {method.PInvokeInfo.Module.Name}";
        }

        foreach (Instruction instruction in method.HasBody ? method.Body.Instructions : [])
        {
            if (instruction.OpCode == OpCodes.Calli)
            {
                yield return "calls through a function pointer";
            }

            if (instruction.Operand is MethodReference called && WhyNot(called) is { } reason)
            {
                yield return reason;
            }
        }
    }

    private static string? WhyNot(MethodReference called)
    {
        string type = called.DeclaringType.FullName;
        return s_loaders.Contains(type) || s_loaders.Contains($"{type}::{called.Name}") ? $"uses {called.DeclaringType.Name}.{called.Name}"
            : type == "Tmds.Linux.LibC" && !called.Name.StartsWith("get_", StringComparison.Ordinal) ? $"calls Tmds.LibC's {called.Name}"
            : null;
    }
}
