import '@fontsource-variable/inter/wght.css'
import '@fontsource-variable/jetbrains-mono/wght.css'
import './tokens.css'
import './ui/ui.css'
import './shell.css'
import { render } from 'solid-js/web'
import { App } from './App.tsx'

const desk = document.getElementById('desk')
if (desk) render(() => <App />, desk)
