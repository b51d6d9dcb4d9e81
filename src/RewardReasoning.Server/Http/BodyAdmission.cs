using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace RewardReasoning.Server.Http;

/// <summary>
/// Limits the bytes of bodies that are read at once. A place is left as soon as the body is read: what comes of it is limited elsewhere.
/// </summary>
/// <param name="bodies">MiB that may be read at once.</param>
/// <param name="most">The most bytes of one body.</param>
/// <param name="time">The clock.</param>
internal sealed class BodyAdmission(Admission bodies, long most, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>The clock.</summary>
    public TimeProvider Time => time;

    /// <summary>Reads the body as JSON.</summary>
    /// <param name="http">The request.</param>
    /// <param name="patience">How long it may wait for a place; what waits takes no memory but its connection's.</param>
    /// <exception cref="ApiException">No place came free in time, or the body is not JSON.</exception>
    public async Task<JsonElement> ReadAsync(HttpContext http, TimeSpan patience)
    {
        int size = Megabytes.Of(Math.Min(http.Request.ContentLength ?? most, most));
        for (long began = time.GetTimestamp(); ; )
        {
            try
            {
                using IDisposable place = bodies.Enter(size);
                return await JsonBody.ReadAsync(http);
            }
            catch (ApiException full) when (full.Code == Admission.FullCode && time.GetElapsedTime(began) < patience)
            {
                await Task.Delay(Pause, time, http.RequestAborted);
            }
        }
    }
}
