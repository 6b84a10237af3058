namespace ContainerManager.Host.Events;

/// <summary>Runs lanes that have work.</summary>
internal interface ILaneScheduler
{
    /// <summary>The lane has work: call <see cref="Lane.RunOne"/> soon, once. Returns at once.</summary>
    void Ready(Lane lane);
}
