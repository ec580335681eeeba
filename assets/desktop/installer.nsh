; Morphogen is offered for PNG and GIF ("Open with"), but takes them from no other program: electron-builder's own
; associations would make it their default.
!macro customInstall
  WriteRegStr SHELL_CONTEXT "Software\Classes\Morphogen.Picture" "" "Picture"
  WriteRegStr SHELL_CONTEXT "Software\Classes\Morphogen.Picture\shell\open\command" "" '"$appExe" "%1"'
  WriteRegNone SHELL_CONTEXT "Software\Classes\.png\OpenWithProgids" "Morphogen.Picture"
  WriteRegNone SHELL_CONTEXT "Software\Classes\.gif\OpenWithProgids" "Morphogen.Picture"
!macroend

!macro customUnInstall
  DeleteRegValue SHELL_CONTEXT "Software\Classes\.png\OpenWithProgids" "Morphogen.Picture"
  DeleteRegValue SHELL_CONTEXT "Software\Classes\.gif\OpenWithProgids" "Morphogen.Picture"
  DeleteRegKey SHELL_CONTEXT "Software\Classes\Morphogen.Picture"
!macroend
