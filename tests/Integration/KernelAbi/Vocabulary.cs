namespace ContainerManager.Tests.Integration.KernelAbi;

/// <summary>
/// What reflection cannot tell. A name in C's spelling (<c>MOUNT_ATTR_RDONLY</c>, <c>struct open_how</c>) is looked up as it is, so a
/// new constant or structure needs no entry here; anything else in src/Linux needs one, or the tests fail.
/// </summary>
internal static class Vocabulary
{
    /// <summary>Names of our own for numbers of the kernel: <c>Type.Member</c> → C.</summary>
    internal static readonly Dictionary<string, string> Expressions = new()
    {
        ["PeerProcess.MostGroups"] = "NGROUPS_MAX",
        ["Epoll.CtlAdd"] = "EPOLL_CTL_ADD",
        ["Epoll.CtlDelete"] = "EPOLL_CTL_DEL",
        ["Epoll.CtlModify"] = "EPOLL_CTL_MOD",
        ["EntryRoutine.RegularFile"] = "S_IFREG | 0644",
        ["EntryRoutine.DirectoryMode"] = "0755",
        ["ProcessEntrance.KilledBy"] = "SIGKILL",
        ["OwnProcess.CapabilityVersion"] = "_LINUX_CAPABILITY_VERSION_3",
        ["EntryRoutine.CapabilityVersion"] = "_LINUX_CAPABILITY_VERSION_3",
        ["UeventListener.LoadWord"] = "BPF_LD | BPF_W | BPF_ABS",
        ["UeventListener.JumpIfEqual"] = "BPF_JMP | BPF_JEQ | BPF_K",
        ["UeventListener.Return"] = "BPF_RET | BPF_K",
        ["GrantProgram.LoadWord"] = "BPF_LDX | BPF_MEM | BPF_W",
        ["GrantProgram.AndValue"] = "BPF_ALU64 | BPF_AND | BPF_K",
        ["GrantProgram.SetValue"] = "BPF_ALU64 | BPF_MOV | BPF_K",
        ["GrantProgram.JumpUnlessEqual"] = "BPF_JMP | BPF_JNE | BPF_K",
        ["GrantProgram.Exit"] = "BPF_JMP | BPF_EXIT",
        ["GrantProgram.Block"] = "BPF_DEVCG_DEV_BLOCK",
        ["GrantProgram.Character"] = "BPF_DEVCG_DEV_CHAR",
        ["ProgramLoads.HeadOffset"] = "offsetof(struct perf_event_mmap_page, data_head)",
        ["ProgramLoads.TailOffset"] = "offsetof(struct perf_event_mmap_page, data_tail)",
        ["ProgramLoads.SoftwareType"] = "PERF_TYPE_SOFTWARE",
        ["ProgramLoads.DummyEvent"] = "PERF_COUNT_SW_DUMMY",
        ["ProgramLoads.CloseOnExec"] = "PERF_FLAG_FD_CLOEXEC",
        ["UeventGroup.None"] = "0",
        ["Uevents.UEVENT_SEND"] = "NLMSG_MIN_TYPE",
        ["Descriptor.StandardError"] = "STDERR_FILENO",
        ["Descriptor.StandardOutput"] = "STDOUT_FILENO",
        ["DirectoryNames.LengthOffset"] = "offsetof(struct dirent64, d_reclen)",
        ["DirectoryNames.NameOffset"] = "offsetof(struct dirent64, d_name)",
        ["ExecutionEvents.LoadWord"] = "BPF_LD | BPF_W | BPF_ABS",
        ["ExecutionEvents.JumpIfEqual"] = "BPF_JMP | BPF_JEQ | BPF_K",
        ["ExecutionEvents.Return"] = "BPF_RET | BPF_K",
        ["PeerProcess.CredentialsSize"] = "offsetof(struct ucred, gid) + 4",
        ["FileKind.Unknown"] = "0",
        ["FileKind.Fifo"] = "S_IFIFO",
        ["FileKind.CharacterDevice"] = "S_IFCHR",
        ["FileKind.Directory"] = "S_IFDIR",
        ["FileKind.BlockDevice"] = "S_IFBLK",
        ["FileKind.Regular"] = "S_IFREG",
        ["FileKind.SymbolicLink"] = "S_IFLNK",
        ["FileKind.Socket"] = "S_IFSOCK",
        ["MountAttributes.None"] = "0",
        ["MountAttributes.ReadOnly"] = "MOUNT_ATTR_RDONLY",
        ["MountAttributes.NoSetUserId"] = "MOUNT_ATTR_NOSUID",
        ["MountAttributes.NoDevices"] = "MOUNT_ATTR_NODEV",
        ["MountAttributes.NoExec"] = "MOUNT_ATTR_NOEXEC",
    };

    /// <summary>Numbers the kernel does not know: a whole type, or <c>Type.Member</c>; with the reason.</summary>
    internal static readonly Dictionary<string, string> OursAlone = new()
    {
        ["PeerProcess.UsualGroups"] = "a size of our own",
        ["FileLock.OwnersAlone"] = "permission bits",
        ["RootedPath.RaceTries"] = "a limit of our own",
        ["FileName.EscapeBase"] = "how we write bytes that are not UTF-8",
        ["Libc.OpaqueSize"] = "more than posix_spawn's and the signal sets' objects take",
        ["ExecutionEvents.BufferSize"] = "a size of our own",
        ["FileStatus.Wanted"] = "a union of bits that are looked up singly",
        ["UeventListener.BufferSize"] = "a size of our own",
        ["UeventListener.MagicOffset"] = "systemd's header, which is in no header file",
        ["UeventListener.SubsystemOffset"] = "systemd's header, which is in no header file",
        ["UeventGroup"] = "numbers that udevd and libudev agree on",
        ["UeventReception"] = "our names for what came of a receive",
        ["UeventSender.LongestKernelMessage"] = "UEVENT_BUFFER_SIZE of the kernel's include/linux/kobject.h, less the number that it adds",
        ["ProcessEntrance.NotExecuted"] = "a shell's status",
        ["MountSearch.Tries"] = "a limit of our own",
        ["MountSearch.LongestSpin"] = "a limit of our own",
        ["ChildStream.LongestComplaint"] = "a limit of our own",
        ["OutputLines.Longest"] = "a limit of our own",
        ["DeviceProgram.MostPrograms"] = "BPF_CGROUP_MAX_PROGS of the kernel's include/linux/bpf-cgroup-defs.h",
        ["DeviceProgram.LogLength"] = "a size of our own",
        ["GrantProgram.Signature"] = "a number of our own",
        ["GrantProgram.HeaderLength"] = "of our own prologue",
        ["GrantProgram.GrantLength"] = "of our own prologue",
        ["ProgramCheck.MostSteps"] = "a limit of our own",
        ["ProgramLoads.WatermarkBit"] = "a bit field of struct perf_event_attr",
        ["ProgramLoads.ProgramEventBit"] = "a bit field of struct perf_event_attr",
        ["ProgramLoads.AttributesLength"] = "PERF_ATTR_SIZE_VER7, enough for what we set",
        ["InsideCall"] = "our names for the calls of a routine",
    };

    /// <summary>Fields whose name in C is reserved in C#, or the other way round: <c>struct.field</c> → C.</summary>
    internal static readonly Dictionary<string, string> Fields = new()
    {
        ["statx_timestamp.reserved"] = "__reserved",
        ["cn_msg.idx"] = "id.idx",
        ["cn_msg.val"] = "id.val",
        ["proc_event.process_pid"] = "event_data.exec.process_pid",
        ["proc_event.process_tgid"] = "event_data.exec.process_tgid",
    };

    /// <summary>
    /// What the headers of an older distribution do not have yet: value and where it was read. Where the headers do have it, both must
    /// agree.
    /// </summary>
    internal static readonly Dictionary<string, (ulong Value, string Source)> Recorded = new()
    {
        ["MOVE_MOUNT_BENEATH"] = (0x200, "Linux 6.5, include/uapi/linux/mount.h"),
        ["STATX_MNT_ID_UNIQUE"] = (0x4000, "Linux 6.8, include/uapi/linux/stat.h"),
    };
}
